// Moved, kept until 1.0: include <pion/optimizer/presets/filtering.hpp>.
#pragma once
#include <pion/optimizer/presets/filtering.hpp>
