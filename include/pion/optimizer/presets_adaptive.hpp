// Moved, kept until 1.0: include <pion/optimizer/presets/adaptive.hpp>.
#pragma once
#include <pion/optimizer/presets/adaptive.hpp>
