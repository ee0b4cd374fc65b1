// Moved, kept until 1.0: include <pion/apply/within.hpp>.
#pragma once
#include <pion/apply/within.hpp>
