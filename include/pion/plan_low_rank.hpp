// Moved, kept until 1.0: include <pion/apply/plan_within.hpp>.
#pragma once
#include <pion/apply/plan_within.hpp>
