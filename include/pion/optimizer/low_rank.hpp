// Moved, kept until 1.0: include <pion/optimizer/presets/low_rank.hpp>.
#pragma once
#include <pion/optimizer/presets/low_rank.hpp>
