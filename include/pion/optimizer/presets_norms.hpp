// Moved, kept until 1.0: include <pion/optimizer/presets/norms.hpp>.
#pragma once
#include <pion/optimizer/presets/norms.hpp>
