// Moved, kept until 1.0: include <pion/design/low_pass.hpp>.
#pragma once
#include <pion/design/low_pass.hpp>
