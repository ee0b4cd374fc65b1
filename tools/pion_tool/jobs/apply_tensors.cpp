// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/jobs/apply_tensors.hpp"

#include <chrono>
#include <cmath>
#include <pion/apply/per_head.hpp>
#include <utility>
#include <vector>

#include "pion_tool/jobs/svd.hpp"

namespace pion::tool {
namespace {

/// apply_per_head() by the SVD, which the core has for whole matrices alone.
template <class Scalar>
void svd_per_head(const Filter& f, const io::Matrix<Scalar>& x, const Heads& heads,
                  io::Matrix<Scalar>& y, std::vector<ApplyInfo>& infos) {
  require_heads_fit("apply_per_head", heads, x.rows(), x.cols());
  for (Index i = 0; i < heads.count; ++i) {
    const io::Matrix<Scalar> head = head_block(x, heads, i);
    io::Matrix<Scalar> filtered(head.rows(), head.cols());
    infos[static_cast<std::size_t>(i)] = apply_by_svd(f, head, filtered);
    head_block(y, heads, i) = filtered;
  }
}

/// Sums over the heads, and roots of sums of squares; a number that one head lacks, all lack.
Outcome add_up(const std::vector<ApplyInfo>& infos) {
  Outcome sum;
  sum.method = infos.front().method;
  sum.survivors = 0;
  sum.bound = 0.0;
  for (const ApplyInfo& info : infos) {
    sum.dead += info.dead ? 1 : 0;
    sum.rank += info.rank;
    sum.output_norm = std::hypot(sum.output_norm, info.output_norm);
    sum.survivors = sum.survivors && info.survivors
                        ? std::optional(*sum.survivors + *info.survivors)
                        : std::nullopt;
    sum.bound =
        sum.bound && info.bound ? std::optional(std::hypot(*sum.bound, *info.bound)) : std::nullopt;
  }
  return sum;
}

}  // namespace

Filtering::Filtering(Filter filter, Method method, HeadOptions heads,
                     std::optional<double> tolerance)
    : filter_(std::move(filter)), heads_(heads) {
  tolerance_.method = method;
  if (tolerance) {
    tolerance_.error = *tolerance;
    if (method == Method::automatic && heads.heads == 0 &&
        filter_.normalizer == Normalizer::frobenius) {
      tolerance_.method = Method::low_rank;
    }
  }
  if (tolerance_.method == Method::low_rank && heads.heads > 0) {
    throw io::Error("--method", "lowrank filters whole matrices; leave out --heads");
  }
}

Outcome Filtering::operator()(io::Tensor& tensor) {
  Outcome out;
  io::detail::with_type(tensor.dtype, [&](auto zero) {
    using Scalar = decltype(zero);
    const auto x = io::to_matrix<Scalar>(tensor);
    io::Matrix<Scalar> y(x.rows(), x.cols());
    out = run(tensor.name, x, y);
    tensor.bytes = io::from_matrix(tensor.name, y, tensor.dtype).bytes;
  });
  out.tensor = tensor.name;
  out.shape = tensor.shape;
  return out;
}

template <class Scalar>
Outcome Filtering::run(std::string_view name, const io::Matrix<Scalar>& x, io::Matrix<Scalar>& y) {
  const std::optional<Heads> heads = heads_of(name, heads_);
  std::vector<ApplyInfo> infos(heads ? static_cast<std::size_t>(heads->count) : 1);
  const auto start = std::chrono::steady_clock::now();
  if (!heads) {
    infos[0] = apply_by(tolerance_, filter_, x, y, workspace_);
  } else if (tolerance_.method == Method::svd) {
    svd_per_head(filter_, x, *heads, y, infos);
  } else {
    apply_per_head(filter_, x, *heads, y, workspace_, tolerance_.method, infos);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  Outcome out = add_up(infos);
  out.heads = heads ? heads->count : 0;
  out.seconds = took.count();
  return out;
}

}  // namespace pion::tool
