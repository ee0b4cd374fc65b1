// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

/// The way from an engine to what pion::compiled has of it.
///
/// What a call does between load() and store() is written over an engine and a scalar, on bare
/// memory (apply/filtering.hpp, apply/compressing.hpp). Where pion::compiled is linked, which
/// defines PION_COMPILED, these parts are not compiled with the caller's file: the library has
/// them, for the engines below, with kernels for several instruction sets of which it takes the
/// best that the processor has (engine/instruction_set.hpp). The engines below are known outside
/// the library by their names alone.
namespace pion::engine {

struct compiled_eigen;   ///< engine::eigen's part in the library.
struct compiled_openmp;  ///< engine::openmp's, where the library is built with OpenMP.

/// What core_t names, as `type`.
template <class E, class = void>
struct core {
  using type = E;
};
template <class E>
struct core<E, std::void_t<typename E::Core>> {
  using type = typename E::Core;
};

/// The engine that runs what is compiled apart: E::Core where E has one, else E itself.
template <class E>
using core_t = typename core<E>::type;

}  // namespace pion::engine
