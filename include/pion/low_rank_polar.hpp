// Moved, kept until 1.0: include <pion/apply/polar.hpp>.
#pragma once
#include <pion/apply/polar.hpp>
