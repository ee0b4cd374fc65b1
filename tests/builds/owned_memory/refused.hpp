// SPDX-License-Identifier: Apache-2.0
// Read before a file, this refuses where it is compiled whatever makes Eigen allocate memory of
// floats, doubles or bytes that it aligns: how such memory is taken and freed depends on the vector
// instructions, and the linker may keep the function that takes it from one file and the one that
// frees it from another (detail/traits.hpp, OwnedMatrix).
#pragma once

#include <cstddef>
#include <cstdint>

#include <Eigen/Core>

namespace Eigen::internal {

template <>
inline std::int8_t* conditional_aligned_new_auto<std::int8_t, true>(std::size_t) = delete;
template <>
inline float* conditional_aligned_new_auto<float, true>(std::size_t) = delete;
template <>
inline double* conditional_aligned_new_auto<double, true>(std::size_t) = delete;

// Of products.
template <>
inline float* aligned_new<float>(std::size_t) = delete;
template <>
inline double* aligned_new<double>(std::size_t) = delete;
template <>
class aligned_stack_memory_handler<float>;
template <>
class aligned_stack_memory_handler<double>;

}  // namespace Eigen::internal
