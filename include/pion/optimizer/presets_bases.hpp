// Moved, kept until 1.0: include <pion/optimizer/presets/bases.hpp>.
#pragma once
#include <pion/optimizer/presets/bases.hpp>
