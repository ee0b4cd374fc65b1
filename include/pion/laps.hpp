// Moved, kept until 1.0: include <pion/filter/shape.hpp>.
#pragma once
#include <pion/filter/shape.hpp>
