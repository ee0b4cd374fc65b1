// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>
#include <utility>  // std::declval

#include <pion/engine/eigen.hpp>
#include <pion/engine/panels.hpp>
#include <pion/engine/view.hpp>
#include <pion/engine/workspace.hpp>
#include <pion/filter/polynomial.hpp>

/// Lists what an engine must have. An engine is a type that says where and how products run; a
/// template argument names it. examples/05_own_engine.cpp is an engine of some thirty lines.
///
/// An engine E has three types and two functions:
///
///     E::Kernels<T>             what `apply` is written over, for T float and double
///     E::TallSkinnyKernels<T>   what `apply` with a tolerance is written over
///     E::Serial                 the engine for work inside one of E's tasks; often E itself
///     int E::workers()          how many tasks run at once
///     E::for_each(workers, count, task)   calls task(i, worker) once for each i < count, with
///         worker < workers; two tasks that run at the same time have different workers
///
/// Matrices are views (engine/view.hpp), column by column. In E::Kernels<T>, x is m x n with
/// m <= n; r, h, a, b, c of the symmetric products are m x m, and nothing overlaps but where said.
/// The cost is in multiply-adds. Members are static or const.
///
///     Kernels(Arena&, rows, cols)       takes its buffers, for operands up to that size
///     gram(x, r)                        r = x x^T, both halves                      m^2 n / 2
///     quadratic(p, r, h)                h = a I + b r + c r^2 for an OddQuintic p   m^3 / 2
///     multiply_commuting(a, b, c)       c = a b for a, b that commute               m^3 / 2
///     multiply<op_a, op_b>(a, b, c)     c = op_a(a) op_b(b), of any shapes          a product
///     frobenius_norm(x)                 ||x||_F, a number
///     scale(number, x)                  x = number x
///     equilibrate(x, r, scratch)        x = D x, r = D r D, D_ii = (sum_j |r_ij|)^(-1/2)
///     copy(from, to)                    to = from
///     compute(f, numbers...)            returns f(numbers...), without waiting for them
///     peek(number)                      its address, or null where looking would have to wait
///     product_rounding(depth)           a likely relative rounding of a product
///
/// The last seven are those of engine/elementwise.hpp, which an engine on the host inherits. The
/// first four products may be called with T float and double alone.
///
/// In E::TallSkinnyKernels<T>, x is the large m x n matrix, of the type Source; q, y and u have m
/// rows, z has n, all of these k columns; s is a k x k matrix of doubles on the host.
/// engine/tall_skinny.hpp has them all over any engine's Kernels.
///
///     TallSkinnyKernels(Arena&, m, n, most columns)
///     sweep(factor, x, q, z, y, norm)   z = factor x^T q, y = factor x z, norm = ||x||_F   2 m n k
///     frobenius_norm(x)                 ||x||_F, a double
///     multiply<op_a, op_b>(a, b, c)     as above
///     multiply(y, s, c)                 c = y s                                     m k^2
///     multiply_in_double(y, s, c)       the same in double, c of doubles            m k^2
///     gram(y)                           y^T y in double, as an s                    m k^2
///     scale(factor, x)  copy(from, to)  scaled_copy(factor, from, to)  subtract(x, y): y = y - x
///     norm(y)                           ||y||_F in double
///     distance(d, u, sigma)             ||d - u diag(sigma)||_F in double
///     fill_signs(seed, x)  fill_gaussian(seed, x)   random entries that depend on the seed alone
///
/// An engine of your own should stand in an inline namespace PION_SETTINGS where files of one
/// program are compiled with different vector instructions (detail/settings.hpp).
namespace pion::engine {
inline namespace PION_SETTINGS {

/// Names the first thing that a type lacks to be an engine, in the order above: nothing, serial,
/// workers, for_each, kernels, tall_skinny_kernels, and of Kernels<T> the constructor and what
/// follows.
enum class Lacks {
  nothing,
  serial,
  workers,
  for_each,
  kernels,
  tall_skinny_kernels,
  constructor,
  gram,
  quadratic,
  multiply_commuting,
  multiply,
  frobenius_norm,
  scale,
  equilibrate,
  copy,
  compute,
  peek,
  product_rounding,
};

namespace concepts {

/// Whether E has Serial.
template <class E, class = void>
inline constexpr bool has_serial = false;
template <class E>
inline constexpr bool has_serial<E, std::void_t<typename E::Serial>> = true;

/// Whether E has workers().
template <class E, class = void>
inline constexpr bool has_workers = false;
template <class E>
inline constexpr bool has_workers<E, std::void_t<decltype(int(E::workers()))>> = true;

/// A task as for_each() takes it.
using Task = void (*)(Index, int);
template <class E, class = void>
inline constexpr bool has_for_each = false;
template <class E>
inline constexpr bool
    has_for_each<E, std::void_t<decltype(E::for_each(1, Index(1), std::declval<Task>()))>> = true;

/// Whether E has Kernels for the scalar T.
template <class E, class T, class = void>
inline constexpr bool has_kernels = false;
template <class E, class T>
inline constexpr bool has_kernels<E, T, std::void_t<typename E::template Kernels<T>>> = true;

/// Whether E has TallSkinnyKernels for the scalar T.
template <class E, class T, class = void>
inline constexpr bool has_tall_skinny = false;
template <class E, class T>
inline constexpr bool
    has_tall_skinny<E, T, std::void_t<typename E::template TallSkinnyKernels<T>>> = true;

/// Whether a const K can be used so: the return type of `use` holds the expression in question.
template <class K, class Use>
constexpr bool can(const Use& /*use*/) {
  return std::is_invocable_v<Use, const K&>;
}

/// Says what Kernels<T>, K, lacks.
template <class K, class T>
constexpr Lacks kernels_lack() {
  using L = Lacks;
  using X = View<T>;
  using C = View<const T>;
  using F = double (*)(double);
  using V = const double&;
  if (!std::is_constructible_v<K, pion::detail::Arena&, Index, Index>) return L::constructor;
  const bool products[] = {
      can<K>([](auto& k) -> decltype(void(k.gram(C(), X()))) {}),
      can<K>([](auto& k) -> decltype(void(k.quadratic(OddQuintic(), C(), X()))) {}),
      can<K>([](auto& k) -> decltype(void(k.multiply_commuting(C(), C(), X()))) {}),
      can<K>([](auto& k) -> decltype(void(k.multiply(C(), C(), X())),
                                     void(k.template multiply<Op::plain, Op::transposed>(C(), C(),
                                                                                         X()))) {}),
      can<K>([](auto& k) -> decltype(void(k.frobenius_norm(X()))) {}),
      can<K>([](auto& k) -> decltype(void(k.scale(1.0, X()))) {}),
      can<K>([](auto& k) -> decltype(void(k.equilibrate(X(), X(), X()))) {}),
      can<K>([](auto& k) -> decltype(void(k.copy(X(), X()))) {}),
      can<K>([](auto& k) -> decltype(void(k.compute(std::declval<F>(), 1.0))) {}),
      can<K>([](auto& k) -> decltype(void(k.peek(std::declval<V>()))) {}),
      can<K>([](auto& k) -> decltype(void(double(k.product_rounding(Index(1))))) {})};
  int member = 0;
  for (const bool there : products) {
    if (!there) return static_cast<Lacks>(static_cast<int>(L::gram) + member);
    ++member;
  }
  return L::nothing;
}

}  // namespace concepts

/// Says what E lacks to be an engine for the scalar T.
template <class E, class T>
constexpr Lacks engine_lacks() {
  if constexpr (!concepts::has_serial<E>) {
    return Lacks::serial;
  } else if constexpr (!concepts::has_workers<E>) {
    return Lacks::workers;
  } else if constexpr (!concepts::has_for_each<E>) {
    return Lacks::for_each;
  } else if constexpr (!concepts::has_kernels<E, T>) {
    return Lacks::kernels;
  } else if constexpr (!concepts::has_tall_skinny<E, T>) {
    return Lacks::tall_skinny_kernels;
  } else {
    return concepts::kernels_lack<typename E::template Kernels<T>, T>();
  }
}

/// Whether E is an engine that `apply` can run on.
template <class E, class T>
inline constexpr bool is_engine_v = engine_lacks<E, T>() == Lacks::nothing;

/// Names E, where it is an engine; else says in one sentence what it lacks.
template <class E, class T>
class require_engine {
  static constexpr Lacks what = engine_lacks<E, T>();
  static_assert(what != Lacks::serial, "pion: the engine lacks the type Serial");
  static_assert(what != Lacks::workers, "pion: the engine lacks static int workers()");
  static_assert(what != Lacks::for_each,
                "pion: the engine lacks static void for_each(int workers, Index count, task)");
  static_assert(what != Lacks::kernels, "pion: the engine lacks the template Kernels<T>");
  static_assert(what != Lacks::tall_skinny_kernels,
                "pion: the engine lacks the template TallSkinnyKernels<T>");
  static_assert(what != Lacks::constructor,
                "pion: the engine's Kernels<T> lack a constructor from (Arena&, Index, Index)");
  static_assert(what != Lacks::gram, "pion: the engine's Kernels<T> lack gram(x, r)");
  static_assert(what != Lacks::quadratic, "pion: the engine's Kernels<T> lack quadratic(p, r, h)");
  static_assert(what != Lacks::multiply_commuting,
                "pion: the engine's Kernels<T> lack multiply_commuting(a, b, c)");
  static_assert(what != Lacks::multiply,
                "pion: the engine's Kernels<T> lack multiply<op_a, op_b>(a, b, c)");
  static_assert(what != Lacks::frobenius_norm,
                "pion: the engine's Kernels<T> lack frobenius_norm(x)");
  static_assert(what != Lacks::scale, "pion: the engine's Kernels<T> lack scale(number, x)");
  static_assert(what != Lacks::equilibrate,
                "pion: the engine's Kernels<T> lack equilibrate(x, r, scratch)");
  static_assert(what != Lacks::copy, "pion: the engine's Kernels<T> lack copy(from, to)");
  static_assert(what != Lacks::compute,
                "pion: the engine's Kernels<T> lack compute(f, numbers...)");
  static_assert(what != Lacks::peek, "pion: the engine's Kernels<T> lack peek(number)");
  static_assert(what != Lacks::product_rounding,
                "pion: the engine's Kernels<T> lack product_rounding(depth)");

 public:
  /// E, or an engine in its place, so that no other error follows the sentence.
  using type = std::conditional_t<what == Lacks::nothing, E, eigen>;
};
/// E where it is an engine; else the compiler stops with the sentence of require_engine.
template <class E, class T>
using require_engine_t = typename require_engine<E, T>::type;

}  // namespace PION_SETTINGS
}  // namespace pion::engine
