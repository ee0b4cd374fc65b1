// Moved, kept until 1.0: include <pion/optimizer/presets/within.hpp>.
#pragma once
#include <pion/optimizer/presets/within.hpp>
