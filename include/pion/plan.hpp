// Moved, kept until 1.0: include <pion/apply/plan.hpp>.
#pragma once
#include <pion/apply/plan.hpp>
