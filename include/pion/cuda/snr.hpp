// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <type_traits>

#include <pion/cuda/list.hpp>
#include <pion/cuda/measure.hpp>
#include <pion/cuda/snr_bodies.hpp>
#include <pion/diagnostics/snr.hpp>

namespace pion::cuda {

/// Keeps what is known of the samples so far in device memory: the mean, a matrix of doubles, and
/// two numbers.
class SnrMemory {
 public:
  /// What the host is told.
  struct Seen {
    double squared_mean;                                               ///< ||mean||^2
    SnrNumbers numbers;                                                ///< The others.
    Index count() const { return static_cast<Index>(numbers.count); }  ///< Samples so far.
  };

  SnrMemory(const char* name, Index rows, Index cols, Context& context)
      : name_(name), rows_(rows), cols_(cols) {
    if (rows < 0 || cols < 0) {
      refuse("a sample cannot be " + detail::shape(rows, cols));
    }
    detail::Arena counting;
    lay_out(counting);
    detail::Arena arena(memory_.reserve(counting.used()));
    lay_out(arena);
    check(cudaMemsetAsync(memory_.reserve(0), 0, counting.used(), context.stream()),
          "cudaMemsetAsync");
  }

  /// Runs make(sample, mean, numbers), a reduction over the mean, once the sample is admitted.
  template <class X, class Make>
  void add(const Matrix<X>& g, Context& context, const Make& make) {
    using S = std::remove_const_t<X>;
    if (g.rows != rows_ || g.cols != cols_) {
      refuse("a sample is " + detail::shape(g.rows, g.cols) + ", those before are " +
             detail::shape(rows_, cols_));
    }
    require_fit(name_, g, g);
    NormPartials* const partials = reserve(context);
    const cudaStream_t stream = context.stream();
    PointerBatch<const S> table;
    table.data[0] = g.data;
    table.stride = g.stride;
    const bool by_columns = g.order == Order::columns;
    const Shape along{by_columns ? rows_ : cols_, by_columns ? cols_ : rows_, 1};
    if (along.empty())
      check(cudaMemsetAsync(size_, 0, sizeof(NormPartials), stream), "cudaMemsetAsync");
    check(reduce(stream, along, Measure<PointerBatch<const S>>{table, nullptr, size_}, partials),
          "reduce");
    check(once(stream, 1, AdmitSample{size_, numbers_}), "once");
    table.crossed = !by_columns;
    check(reduce(stream, mean().shape(), make(table, mean(), numbers_),
                 reinterpret_cast<double*>(partials)),
          "reduce");
  }

  /// Waits, and brings what is known to the host. \throws device_error if a call fails.
  Seen fetch(Context& context) const {
    context.require_no_capture(name_);
    NormPartials* const partials = reserve(context);
    if (mean().shape().empty()) {
      check(cudaMemsetAsync(size_, 0, sizeof(NormPartials), context.stream()), "cudaMemsetAsync");
    }
    check(reduce(context.stream(), mean().shape(), Measure<Batch<double>>{mean(), nullptr, size_},
                 partials),
          "reduce");
    const double squared_mean = context.exchange().fetch(size_).squares;
    return {squared_mean, context.exchange().fetch(numbers_)};
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    detail::refuse_argument(std::string(name_) + ": " + why);
  }
  void lay_out(detail::Arena& arena) {
    mean_ = arena.take<double>(rows_ * cols_);
    numbers_ = arena.take<SnrNumbers>(1);
    size_ = arena.take<NormPartials>(1);
  }
  Batch<double> mean() const { return {mean_, rows_, cols_, rows_, 1, 0}; }
  NormPartials* reserve(Context& context) const {
    const auto pieces = static_cast<std::size_t>(reduction_pieces(rows_ * cols_));
    return reinterpret_cast<NormPartials*>(context.reserve(sizeof(NormPartials) * pieces));
  }

  const char* name_;
  Memory memory_;
  Index rows_, cols_;
  double* mean_ = nullptr;
  SnrNumbers* numbers_ = nullptr;
  NormPartials* size_ = nullptr;
};

/// Estimates as pion::SnrSamples does, with samples, mean and numbers on a device.
class SnrSamples {
 public:
  /// Takes samples of one shape.
  /// \throws std::invalid_argument if a size is negative; device_error if a call of CUDA fails,
  ///         here and below.
  SnrSamples(Index rows, Index cols, Context& context) : seen_("SnrSamples", rows, cols, context) {}

  /// Adds a sample; the call only adds to the context's stream. A sample that is not finite changes
  /// nothing, and does not count.
  /// \throws std::invalid_argument if g has another shape; device_error if a call of CUDA fails.
  template <class X>
  void add(const Matrix<X>& g, Context& context) {
    seen_.add(g, context, [](const auto& sample, const Batch<double>& mean, SnrNumbers* numbers) {
      return Welford<std::remove_const_t<X>>{sample, mean, numbers};
    });
  }

  /// Waits for the device, and returns the estimate.
  /// \throws std::invalid_argument for fewer than two samples, and while the stream is captured;
  ///         device_error if a call of CUDA fails.
  Snr estimate(Context& context) const {
    const auto seen = seen_.fetch(context);
    return detail::snr_of_samples(seen.squared_mean, seen.numbers.squares, seen.count());
  }

 private:
  SnrMemory seen_;
};

/// Estimates as pion::SnrStream does, with samples, mean and numbers on a device.
class SnrStream {
 public:
  /// \param decay  in [1e-6, 1): the weight of the past.
  SnrStream(double decay, Index rows, Index cols, Context& context)
      : decay_(decay), seen_("SnrStream", rows, cols, context) {
    detail::require_decay(decay);
  }

  /// Adds a sample; the call only adds to the context's stream. A sample that is not finite changes
  /// nothing, and does not count.
  /// \throws std::invalid_argument if g has another shape; device_error if a call of CUDA fails.
  template <class X>
  void add(const Matrix<X>& g, Context& context) {
    seen_.add(g, context,
              [this](const auto& sample, const Batch<double>& mean, SnrNumbers* numbers) {
                return Averages<std::remove_const_t<X>>{sample, mean, numbers, decay_};
              });
  }

  /// Waits for the device, and returns the estimate.
  /// \throws std::invalid_argument for too few samples, and while the stream is captured;
  ///         device_error if a call of CUDA fails.
  Snr estimate(Context& context) const {
    const auto seen = seen_.fetch(context);
    return detail::snr_of_stream(seen.squared_mean, seen.numbers.squares, decay_, seen.count());
  }

 private:
  double decay_;
  SnrMemory seen_;
};

}  // namespace pion::cuda
