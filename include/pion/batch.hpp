// Moved, kept until 1.0: include <pion/apply/batch.hpp>.
#pragma once
#include <pion/apply/batch.hpp>
