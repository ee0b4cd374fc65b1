// Moved, kept until 1.0: include <pion/cuda.hpp>.
#pragma once
#include <pion/cuda.hpp>
