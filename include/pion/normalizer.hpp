// Moved, kept until 1.0: include <pion/filter/normalizer.hpp>.
#pragma once
#include <pion/filter/normalizer.hpp>
