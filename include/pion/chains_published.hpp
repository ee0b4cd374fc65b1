// Moved, kept until 1.0: include <pion/filter/published_chains.hpp>.
#pragma once
#include <pion/filter/published_chains.hpp>
