// SPDX-License-Identifier: Apache-2.0
#include <pion/engine/instruction_set.hpp>

#include <cstdlib>  // std::getenv
#include <string>
#include <type_traits>  // std::is_same_v

#include <pion/detail/check.hpp>
#include <pion/detail/fork.hpp>
#include <pion/detail/qr.hpp>
#include <pion/detail/svd.hpp>
#include <pion/detail/symmetric_eigen.hpp>

#include "kernel_table.hpp"

/// What src/decompositions/ and kernels.cpp have where they are compiled with pion defined as
/// pion_<set>.
#define PION_DECOMPOSITIONS_OF(set)                                                              \
  namespace pion_##set::detail {                                                                 \
    template <class T>                                                                           \
    void decompose(std::ptrdiff_t, std::ptrdiff_t, const T*, T*, T*, T*);                        \
    template <class T>                                                                           \
    void decompose_symmetric(std::ptrdiff_t, const T*, T*, T*, std::byte*);                      \
    template <class T>                                                                           \
    void symmetric_values(std::ptrdiff_t, const T*, T*);                                         \
    template <class T>                                                                           \
    void symmetric_vectors(std::ptrdiff_t, const T*, T*, T*);                                    \
    template <class T>                                                                           \
    void orthogonal_factor(std::ptrdiff_t, const T*, T*);                                        \
    extern template void decompose(std::ptrdiff_t, std::ptrdiff_t, const float*, float*, float*, \
                                   float*);                                                      \
    extern template void decompose(std::ptrdiff_t, std::ptrdiff_t, const double*, double*,       \
                                   double*, double*);                                            \
    extern template void decompose_symmetric(std::ptrdiff_t, const double*, double*, double*,    \
                                             std::byte*);                                        \
    extern template void symmetric_values(std::ptrdiff_t, const double*, double*);               \
    extern template void symmetric_vectors(std::ptrdiff_t, const double*, double*, double*);     \
    extern template void orthogonal_factor(std::ptrdiff_t, const double*, double*);              \
  }
#if defined(PION_ONE_DECOMPOSITION)  // for all sets, as the build's own flags have it
PION_DECOMPOSITIONS_OF(own)
#elif defined(PION_KERNELS_NEON)
PION_DECOMPOSITIONS_OF(neon)
#else
PION_DECOMPOSITIONS_OF(baseline)
#if defined(PION_KERNELS_AVX2)
PION_DECOMPOSITIONS_OF(avx2)
#endif
#endif
#if defined(PION_KERNELS_NEON)
const pion_kernels::Tables& pion_kernels_neon();
#else
const pion_kernels::Tables& pion_kernels_baseline();
#endif
#if defined(PION_KERNELS_AVX2)
const pion_kernels::Tables& pion_kernels_avx2();
#endif
#if defined(PION_KERNELS_AVX512)
const pion_kernels::Tables& pion_kernels_avx512();
#endif

namespace pion {
namespace {

/// Whether this processor, and the operating system on it, have an instruction set.
bool always() { return true; }
#if defined(PION_KERNELS_AVX2)
bool has_avx2() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
}
#endif
#if defined(PION_KERNELS_AVX512)
bool has_avx512() {
  return has_avx2() && __builtin_cpu_supports("avx512f") != 0 &&
         __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
         __builtin_cpu_supports("avx512vl") != 0;
}
#endif

/// An instruction set that the library is compiled for.
struct Choice {
  const char* name;
  bool (*is_there)();
  const pion_kernels::Tables& (*tables)();
  void (*svd_float)(Index, Index, const float*, float*, float*, float*);
  void (*svd_double)(Index, Index, const double*, double*, double*, double*);
  void (*symmetric)(std::ptrdiff_t, const double*, double*, double*, std::byte*);
  void (*symmetric_values)(std::ptrdiff_t, const double*, double*);
  void (*symmetric_vectors)(std::ptrdiff_t, const double*, double*, double*);
  void (*orthogonal_factor)(std::ptrdiff_t, const double*, double*);
};

/// The best first. A decomposition gains nothing from AVX-512 (docs/performance.md), so that set
/// takes AVX2's.
#define PION_CHOICE_WITH(set, decompositions, is_there)                                     \
  {                                                                                         \
#set, is_there, pion_kernels_##set, &pion_##decompositions::detail::decompose < float>, \
        &pion_##decompositions::detail::decompose < double>,                                \
        &pion_##decompositions::detail::decompose_symmetric < double>,                      \
        &pion_##decompositions::detail::symmetric_values < double>,                         \
        &pion_##decompositions::detail::symmetric_vectors < double>,                        \
        &pion_##decompositions::detail::orthogonal_factor < double>                         \
  }
#if defined(PION_ONE_DECOMPOSITION)
#define PION_CHOICE(set, decompositions, is_there) PION_CHOICE_WITH(set, own, is_there)
#else
#define PION_CHOICE PION_CHOICE_WITH
#endif
constexpr Choice choices[] = {
#if defined(PION_KERNELS_AVX512)
    PION_CHOICE(avx512, avx2, has_avx512),
#endif
#if defined(PION_KERNELS_AVX2)
    PION_CHOICE(avx2, avx2, has_avx2),
#endif
#if defined(PION_KERNELS_NEON)
    PION_CHOICE(neon, neon, always),
#else
    PION_CHOICE(baseline, baseline, always),
#endif
};

const Choice& choose() {
  const char* const asked = std::getenv("PION_INSTRUCTION_SET");
  if (asked == nullptr || *asked == '\0') {
    for (const Choice& one : choices) {
      if (one.is_there()) return one;
    }
  }
  std::string known;
  for (const Choice& one : choices) {
    known += (known.empty() ? "" : ", ") + std::string(one.name);
    if (std::string(asked) != one.name) continue;
    if (one.is_there()) return one;
    detail::refuse_argument("PION_INSTRUCTION_SET is " + std::string(asked) +
                            ", which this processor does not have; unset it");
  }
  detail::refuse_argument("PION_INSTRUCTION_SET is '" + std::string(asked) +
                          "'; this library has " + known);
}

const Choice& chosen() {
  static const Choice& once = choose();
  return once;
}

}  // namespace

const char* instruction_set() { return chosen().name; }

namespace engine {
const pion_kernels::Tables& kernel_tables();
const pion_kernels::Tables& kernel_tables() {
  static const pion_kernels::Tables& tables = chosen().tables();
  return tables;
}
}  // namespace engine

namespace detail {

template <class T>
void decompose(Index m, Index n, const T* x, T* u, T* sigma, T* v) {
  if constexpr (std::is_same_v<T, float>) {
    chosen().svd_float(m, n, x, u, sigma, v);
  } else {
    chosen().svd_double(m, n, x, u, sigma, v);
  }
}
template <class T>
void decompose_symmetric(std::ptrdiff_t n, const T* g, T* values, T* vectors, std::byte* memory) {
  chosen().symmetric(n, g, values, vectors, memory);
}
template <class T>
void symmetric_values(std::ptrdiff_t n, const T* g, T* values) {
  chosen().symmetric_values(n, g, values);
}
template <class T>
void symmetric_vectors(std::ptrdiff_t n, const T* g, T* values, T* vectors) {
  chosen().symmetric_vectors(n, g, values, vectors);
}
template <class T>
void orthogonal_factor(std::ptrdiff_t n, const T* a, T* q) {
  chosen().orthogonal_factor(n, a, q);
}
template void decompose(Index, Index, const float*, float*, float*, float*);
template void decompose(Index, Index, const double*, double*, double*, double*);
template void decompose_symmetric(std::ptrdiff_t, const double*, double*, double*, std::byte*);
template void symmetric_values(std::ptrdiff_t, const double*, double*);
template void symmetric_vectors(std::ptrdiff_t, const double*, double*, double*);
template void orthogonal_factor(std::ptrdiff_t, const double*, double*);

}  // namespace detail
}  // namespace pion
