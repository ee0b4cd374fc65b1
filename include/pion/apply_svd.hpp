// Moved, kept until 1.0: include <pion/apply/svd.hpp>.
#pragma once
#include <pion/apply/svd.hpp>
