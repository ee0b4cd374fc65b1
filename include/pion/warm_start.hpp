// Moved, kept until 1.0: include <pion/apply/warm_start.hpp>.
#pragma once
#include <pion/apply/warm_start.hpp>
