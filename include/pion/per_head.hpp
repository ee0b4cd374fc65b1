// Moved, kept until 1.0: include <pion/apply/per_head.hpp>.
#pragma once
#include <pion/apply/per_head.hpp>
