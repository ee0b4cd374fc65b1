// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/report/inspection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <pion/diagnostics/head_norms.hpp>
#include <pion/filter/chains.hpp>
#include <utility>

#include "pion_tool/io/tensor_errors.hpp"
#include "pion_tool/jobs/svd.hpp"

namespace pion::tool {
namespace {

/// Of the head that a rising cutoff would be the first to lose.
template <class Scalar>
Outstanding weakest_head(const Eigen::Map<const io::RowMajor<Scalar>>& x, const Heads& heads,
                         double epsilon) {
  Outstanding weakest;
  for (Index i = 0; i < heads.count; ++i) {
    const auto head = head_block(x, heads, i);
    const Outstanding own =
        outstanding_directions(spectrum_of<Scalar>(head), head.rows(), head.cols(), epsilon);
    if (own.count == 0) {
      weakest.directions = own.directions;  // nothing to lose
    } else if (weakest.count == 0 || own.faintest < weakest.faintest) {
      weakest = own;
    }
  }
  return weakest;
}

/// Fills in what is read off the spectrum of the rows x cols matrix.
void read_off(Index rows, Index cols, double epsilon, double gain, Finding& f, Measured& m) {
  for (std::size_t kp = 0; kp < f.survivors.size(); ++kp) {
    f.survivors[kp] = f.spectrum->survivors({chains::high_pass(static_cast<int>(kp))}, gain);
  }
  const PowerLaw law = fit_power_law(*f.spectrum);
  if (law.count > 0) f.power_law = law;
  m.zero = f.spectrum->largest() == 0.0;
  m.outstanding = outstanding_directions(*f.spectrum, rows, cols, epsilon);
}

template <class Scalar>
void measure(io::Tensor tensor, double epsilon, const std::optional<Heads>& heads, const Look& look,
             Finding& f, Measured& m) {
  const auto x = io::matrix_in<Scalar>(tensor);
  if (look.within) {
    SketchedSpectrum sketch = sketch_of<Scalar>(x, {*look.within});
    if (!sketch.exact()) {
      f.sketch = std::move(sketch);
      if (heads) f.head_norms = head_norms(x, *heads);
      return;
    }
    f.spectrum = sketch.exact();
  } else {
    f.spectrum = spectrum_of<Scalar>(x);
  }
  read_off(x.rows(), x.cols(), epsilon, look.gain, f, m);
  if (heads) {
    f.head_norms = head_norms(x, *heads);
    m.outstanding = weakest_head<Scalar>(x, *heads, epsilon);
    m.per_head = true;
  }
}

/// The values to measure, and the epsilon in which the entries were stored, as a part of theirs.
struct Values {
  io::Tensor tensor;
  double epsilon = 0.0;
};

/// What the tensor became since the other checkpoint. Both are rounded as they were stored, so the
/// difference is rounded by as much as they are larger.
template <class Scalar>
Values difference(const io::Tensor& after, const io::Tensor& before, double epsilon,
                  const std::optional<Heads>& heads, Finding& f) {
  const io::Matrix<Scalar> b = io::to_matrix<Scalar>(after), a = io::to_matrix<Scalar>(before);
  if (heads) f.head_norms_of_both = {head_norms(a, *heads), head_norms(b, *heads)};
  const io::Matrix<Scalar> d = b - a;
  const double norm = d.template cast<double>().stableNorm();
  const double both =
      b.template cast<double>().stableNorm() + a.template cast<double>().stableNorm();
  const io::DType dtype = sizeof(Scalar) == sizeof(double) ? io::DType::f64 : io::DType::f32;
  return {io::from_matrix(after.name, d, dtype), norm > 0.0 ? epsilon * (both / norm) : epsilon};
}

/// \throws io::Error about the other checkpoint, whose tensor must be of this one's shape.
Values load(const io::Checkpoint& model, const io::TensorFile& shard, const Subject& subject,
            const std::optional<Heads>& heads, const Look& look, Finding& f) {
  io::Tensor own = model.load(shard, subject.tensor, *subject.matrix);
  const double epsilon = io::stored_epsilon(subject.tensor);
  if (look.minus == nullptr) return {std::move(own), epsilon};
  const io::TensorInfo& other = *look.minus->find(subject.tensor.name);
  const io::Tensor before = look.minus->load(other, *subject.matrix);
  const double larger = std::max(epsilon, io::stored_epsilon(other));
  const bool wide = own.dtype == io::DType::f64 || before.dtype == io::DType::f64;
  return wide ? difference<double>(own, before, larger, heads, f)
              : difference<float>(own, before, larger, heads, f);
}

/// Why the subject has no difference from the other checkpoint; empty where it has one.
std::string no_difference(const Subject& subject, const io::Checkpoint& other) {
  const io::TensorInfo* const before = other.find(subject.tensor.name);
  if (before == nullptr) return fmt::format("it is not in {}", other.name());
  if (!before->problem.empty()) return fmt::format("in {}: {}", other.name(), before->problem);
  if (before->shape != subject.tensor.shape) {
    return fmt::format("it has shape {} in {}", io::to_string(before->shape), other.name());
  }
  return io::is_readable(*before)
             ? ""
             : fmt::format("values of type {} in {}", before->dtype_name, other.name());
}

}  // namespace

std::vector<Subject> subjects_of(const io::TensorInfo& tensor, const io::PartPatterns& patterns) {
  std::vector<Subject> subjects;
  if (io::is_readable(tensor)) {
    for (io::MatrixPart& matrix : io::matrices_in(tensor, patterns)) {
      subjects.push_back({tensor, std::move(matrix)});
    }
  }
  if (subjects.empty()) subjects.push_back({tensor, std::nullopt});
  return subjects;
}

Finding look_at(const io::Checkpoint& model, const io::TensorFile& shard, const Subject& subject,
                std::string_view owner, const Look& look) {
  Finding f;
  f.info = f.stored = subject.tensor;
  if (subject.matrix) {
    f.info.name = subject.matrix->name;
    f.info.shape = {subject.matrix->rows, subject.matrix->cols};
  }
  Suggestion& s = f.suggestion;
  if (!f.info.problem.empty()) {
    s.reason = f.info.problem;
    return f;
  }
  if (!owner.empty()) {
    s.reason = fmt::format("it belongs to the quantised weight {}: not measured", io::quote(owner));
    return f;
  }
  if (!io::is_readable(f.info)) {  // integers: nothing that a gradient step changes
    s.reason = fmt::format("values of type {} are not measured", f.info.dtype_name);
    return f;
  }
  Measured m;
  m.name = f.stored.name;
  m.shape = f.info.shape;
  if (subject.matrix) {
    if (look.minus != nullptr) {
      f.info.problem = s.reason = no_difference(subject, *look.minus);
      if (!f.info.problem.empty()) return f;
    }
    try {
      const std::optional<Heads> heads = heads_of(f.stored.name, look.heads);
      Values values = load(model, shard, subject, heads, look, f);
      io::detail::with_type(values.tensor.dtype, [&](auto stored) {
        measure<decltype(stored)>(std::move(values.tensor), values.epsilon, heads, look, f, m);
      });
    } catch (const std::domain_error& not_finite) {
      Finding bad;
      bad.info = f.info;
      bad.stored = f.stored;
      bad.info.problem = bad.suggestion.reason = reason_in(not_finite.what());
      return bad;
    }
  }
  if (f.sketch) {
    s.reason = "a sketch does not show the noise floor; without --within it is looked for";
  } else {
    s = suggest(m);
  }
  return f;
}

std::string shape_text(const Finding& f) {
  const bool flattened = f.stored.shape.size() > 2 && f.info.name == f.stored.name;
  return dimensions(f.info.shape) + (flattened ? " of " + dimensions(f.stored.shape) : "");
}

double relative_deviation(const Eigen::VectorXd& norms) {
  const Spread s = spread(norms);
  return s.mean > 0.0 ? std::sqrt(s.variance) / s.mean : 0.0;
}

std::string head_spread(const Eigen::VectorXd& norms) {
  return fmt::format("{} ±{:.0f}%", norms.size(), 100.0 * relative_deviation(norms));
}

}  // namespace pion::tool
