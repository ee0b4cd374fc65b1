// Moved, kept until 1.0: include <pion/filter/polynomial.hpp>.
#pragma once
#include <pion/filter/polynomial.hpp>
