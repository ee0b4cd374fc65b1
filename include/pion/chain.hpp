// Moved, kept until 1.0: include <pion/filter/chain.hpp>.
#pragma once
#include <pion/filter/chain.hpp>
