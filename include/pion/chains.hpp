// Moved, kept until 1.0: include <pion/filter/chains.hpp> or <pion/design/low_pass.hpp>.
#pragma once
#include <pion/design/low_pass.hpp>
#include <pion/filter/chains.hpp>
