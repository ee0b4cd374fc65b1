// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cstddef>    // std::size_t
#include <numeric>    // std::iota
#include <string>
#include <type_traits>
#include <vector>

#include <pion/algorithm/dense.hpp>
#include <pion/algorithm/gram.hpp>
#include <pion/algorithm/normalize.hpp>
#include <pion/apply/plan.hpp>
#include <pion/cuda/buffers.hpp>
#include <pion/engine/eigen.hpp>
#include <pion/filter/heads.hpp>

/// Lists of matrices that are filtered on a device, and how they are planned.
namespace pion {
namespace cuda {

/// Says how a call on a device computes, and where it writes what became of it.
struct Options {
  Method method = Method::automatic;         ///< dense, gram or automatic
  Precision precision = Precision::storage;  ///< What the filter is computed in.
  Info* info = nullptr;  ///< Device memory for the Info of each matrix, or null.
};

/// Hands a type, `type`, to a function.
template <class T>
struct As {
  using type = T;
};

/// Calls do_it(As<T>, tf32), where T is the scalar in which `precision` computes S matrices.
template <class S, class Do>
void with_precision(Precision precision, const Do& do_it) {
  switch (precision) {
    case Precision::storage: return do_it(As<S>{}, false);
    case Precision::f64: return do_it(As<double>{}, false);
    case Precision::f32: return do_it(As<float>{}, false);
    case Precision::tf32: return do_it(As<float>{}, true);
    case Precision::bf16: return do_it(As<bfloat16>{}, false);
    case Precision::f16: return do_it(As<half>{}, false);
  }
}

/// \throws std::invalid_argument unless x and y have one shape, strides that hold it, and memory.
template <class X, class Y>
void require_fit(const char* function, const Matrix<X>& x, const Matrix<Y>& y) {
  const std::string here = std::string(function) + ": ";
  const auto shape_of = [](const auto& a) { return detail::shape(a.rows, a.cols); };
  if (x.rows != y.rows || x.cols != y.cols) {
    detail::refuse_argument(here + "y is " + shape_of(y) + " and x is " + shape_of(x) +
                            "; they must have one shape");
  }
  const auto require_memory = [&](const char* which, const auto& a) {
    if (a.rows < 0 || a.cols < 0 || a.stride < (a.order == Order::columns ? a.rows : a.cols)) {
      detail::refuse_argument(here + which + " is " + shape_of(a) + " with a stride of " +
                              std::to_string(a.stride));
    }
    if (a.data == nullptr && a.rows != 0 && a.cols != 0) {
      detail::refuse_argument(here + which + " has no memory");
    }
  };
  require_memory("x", x);
  require_memory("y", y);
}

/// The method that plan() is asked for on a device. `automatic` is dense for matrices of 16 bits:
/// Gram space magnifies errors hundreds of times, too much for 8 to 11 bits.
/// \throws std::invalid_argument for AOL in float16, whose range cannot hold the squares of rows
///         that AOL makes equal.
template <class T>
Method method_for(const Filter& f, Method method) {
  if (std::is_same_v<T, half> && f.normalizer == Normalizer::aol) {
    detail::refuse_argument("cuda: AOL needs more range than float16 has; take bf16 or f32");
  }
  return method == Method::automatic && sizeof(T) == 2 ? Method::dense : method;
}

/// The bytes that filter_batch() works on.
template <class T>
std::size_t batch_bytes(const Plan& plan, Context& context, bool tf32, Index count) {
  detail::Arena counting;
  Buffers<T>(counting, context, tf32, plan.method, (std::min)(plan.rows, plan.cols),
             (std::max)(plan.rows, plan.cols), count);
  return counting.used();
}

/// Filters `count` matrices of one shape and layout with memory at `at`.
template <class T, class S, class Y>
void filter_batch(const Filter& f, const Plan& plan, Context& context, bool tf32,
                  const Matrix<const S>* x, const Matrix<Y>* y, Index count, Info* const* infos,
                  std::byte* at) {
  detail::Arena arena(at);
  Buffers<T> b(arena, context, tf32, plan.method, (std::min)(plan.rows, plan.cols),
               (std::max)(plan.rows, plan.cols), count);
  load(x, f.normalizer, b);
  algorithm::normalize(b.kernels, f.normalizer, b.x, b.r, b.h, b.t);
  if (plan.method == Method::gram) {
    algorithm::gram(b.kernels, f.chain, plan.restarts, b.x, b.y, b.r, b.h, b.q, b.t);
  } else {
    algorithm::dense(b.kernels, f.chain, b.x, b.y, b.r, b.h);
  }
  store(b, f.normalizer, y);
  by_table(count, [&](Index first, Index some) {
    CopyInfo deliver{b.info + first, {}};
    std::copy(infos + first, infos + first + some, deliver.to);
    check(once(context.stream(), some, deliver), "once");
  });
}

/// Lists matrices to be filtered, x[i] to y[i].
template <class X, class Y>
struct List {
  std::vector<Matrix<const X>> x;
  std::vector<Matrix<Y>> y;

  /// Appends one.
  void add(const Matrix<const X>& from, const Matrix<Y>& to) {
    x.push_back(from);
    y.push_back(to);
  }
  std::size_t size() const { return x.size(); }  ///< How many there are.

  /// Counts how many matrices from i on have one shape and layout, and at most 2^24 elements.
  std::size_t batch_from(std::size_t i) const {
    const auto same = [](const auto& a, const auto& b) {
      return a.rows == b.rows && a.cols == b.cols && a.stride == b.stride && a.order == b.order;
    };
    const Index elements = std::max<Index>(1, x[i].rows * x[i].cols);
    const auto most = static_cast<std::size_t>(std::max<Index>(1, (Index(1) << 24) / elements));
    std::size_t end = i + 1;
    while (end < size() && end - i < most && same(x[i], x[end]) && same(y[i], y[end])) ++end;
    return end - i;
  }
};

/// Lists the heads of x and y.
/// \throws std::invalid_argument if the heads do not fill the matrices.
template <class X, class Layout, class Y>
List<X, Y> list_of_heads(const char* function, const Matrix<const X>& x, const Layout& heads,
                         const Matrix<Y>& y) {
  require_heads_fit(function, heads, x.rows, x.cols);
  const bool by_rows = heads.axis == Axis::rows;
  List<X, Y> list;
  for (Index i = 0; i < head_count(heads); ++i) {
    const HeadRange at = head_range(heads, by_rows ? x.rows : x.cols, i);
    const auto head = [&](const auto& whole) {
      return by_rows ? whole.block(at.start, 0, at.size, whole.cols)
                     : whole.block(0, at.start, whole.rows, at.size);
    };
    list.add(head(x), head(y));
  }
  return list;
}

/// Neighbours of a list that are filtered together: `count` of them from `first` on.
struct PlannedBatch {
  std::size_t first, count;
  Plan plan;  ///< With Method::automatic where the matrices have no entry.
};

/// A list planned for a filter, batch by batch. It knows the shapes of the list, not its memory.
struct PlannedList {
  std::vector<PlannedBatch> batches;  ///< In the order of the list.
  std::size_t bytes = 0;              ///< Of the largest batch.
};

/// All that there is to plan of a rule that has no filter.
struct PlannedBytes {
  std::size_t bytes = 0;  ///< Of memory.
};

/// \throws std::invalid_argument if a size is negative or the method cannot run this filter.
template <class X, class Y>
PlannedList plan_list(const Filter& f, Context& context, const Options& options,
                      const List<X, Y>& list) {
  PlannedList planned;
  with_precision<X>(options.precision, [&](auto as, bool tf32) {
    using T = typename decltype(as)::type;
    const auto by_chain = pion::detail::plan_chain(f.chain, method_for<T>(f, options.method));
    for (std::size_t i = 0, n = 0; i < list.size(); i += n) {
      n = list.batch_from(i);
      PlannedBatch batch{i, n, {}};
      batch.plan.method = Method::automatic;
      const Matrix<const X>& x = list.x[i];
      if (x.rows != 0 && x.cols != 0) {
        batch.plan =
            pion::detail::plan_shape<float, engine::eigen>(f.chain, by_chain, x.rows, x.cols);
        planned.bytes = (std::max)(
            planned.bytes, batch_bytes<T>(batch.plan, context, tf32, static_cast<Index>(n)));
      }
      planned.batches.push_back(batch);
    }
  });
  return planned;
}

/// Filters a list, as it was planned, with memory at `at`.
template <class X, class Y>
void filter_list(const Filter& f, const PlannedList& planned, Context& context,
                 const Options& options, const List<X, Y>& list, std::byte* at) {
  std::vector<Info*> infos(list.size());
  if (options.info != nullptr) std::iota(infos.begin(), infos.end(), options.info);
  with_precision<X>(options.precision, [&](auto as, bool tf32) {
    using T = typename decltype(as)::type;
    for (const PlannedBatch& batch : planned.batches) {
      const std::size_t i = batch.first;
      if (batch.plan.method != Method::automatic) {
        filter_batch<T>(f, batch.plan, context, tf32, &list.x[i], &list.y[i],
                        static_cast<Index>(batch.count), &infos[i], at);
      } else if (infos[i] != nullptr) {
        check(cudaMemsetAsync(infos[i], 0, batch.count * sizeof(Info), context.stream()),
              "cudaMemsetAsync");
      }
    }
  });
}

/// Filters a list in the context's workspace.
template <class X, class Y>
void filter_list(const Filter& f, Context& context, const Options& options,
                 const List<X, Y>& list) {
  const PlannedList planned = plan_list(f, context, options, list);
  filter_list(f, planned, context, options, list, context.reserve(planned.bytes));
}

}  // namespace cuda
}  // namespace pion
