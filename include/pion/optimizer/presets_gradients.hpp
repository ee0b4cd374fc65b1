// Moved, kept until 1.0: include <pion/optimizer/presets/gradients.hpp>.
#pragma once
#include <pion/optimizer/presets/gradients.hpp>
