// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pion/algorithm/power_bound.hpp>
#include <pion/cuda/bodies.hpp>
#include <pion/cuda/launch.hpp>
#include <pion/cuda/part_bodies.hpp>
#include <pion/cuda/quantile_bodies.hpp>
#include <pion/cuda/sharded_bodies.hpp>
#include <pion/cuda/snr_bodies.hpp>
#include <pion/cuda/step_bodies.hpp>
#include <pion/cuda/svd_bodies.hpp>
#include <pion/cuda/tall_skinny_bodies.hpp>

/// Which bodies the four launches are compiled for. Included once, after a definition of the
/// launches: launch.cuh's in the library pion::cuda. A body that is missing here is missing when a
/// program is linked.
namespace pion::cuda {

#define PION_TRANSFER(...) \
  template cudaError_t transfer(cudaStream_t, Shape, const __VA_ARGS__&, bool, bool);
#define PION_MAP(...) template cudaError_t map(cudaStream_t, Shape, const __VA_ARGS__&);
#define PION_REDUCE(...) \
  template cudaError_t reduce(cudaStream_t, Shape, const __VA_ARGS__&, __VA_ARGS__::Value*);
#define PION_ONCE(...) template cudaError_t once(cudaStream_t, Index, const __VA_ARGS__&);

#define PION_FOR_PAIR(S, T) \
  PION_TRANSFER(Load<S, T>) \
  PION_TRANSFER(Store<T, S>)

#define PION_FOR_SCALAR(T)             \
  PION_FOR_PAIR(double, T)             \
  PION_FOR_PAIR(float, T)              \
  PION_FOR_PAIR(bfloat16, T)           \
  PION_FOR_PAIR(half, T)               \
  PION_TRANSFER(Symmetrize<T>)         \
  PION_MAP(Scale<T>)                   \
  PION_MAP(Copy<T>)                    \
  PION_MAP(ScaleRows<T>)               \
  PION_REDUCE(Measure<Batch<T>>)       \
  PION_REDUCE(Measure<PointerBatch<const T>>) \
  PION_REDUCE(Equilibrate<T>)          \
  PION_REDUCE(Welford<T>)              \
  PION_REDUCE(Averages<T>)             \
  PION_ONCE(Tiles<T>)                  \
  PION_MAP(PackLower<T>)               \
  PION_MAP(UnpackLower<T>)             \
  PION_MAP(AddPieces<T>)

PION_FOR_SCALAR(double)
PION_FOR_SCALAR(float)
PION_FOR_SCALAR(bfloat16)
PION_FOR_SCALAR(half)

// Compression's narrow matrices, and the factors of an SVD, are of these two.
#define PION_FOR_NARROW(T)    \
  PION_MAP(Subtract<T>)       \
  PION_MAP(FillSigns<T>)      \
  PION_MAP(FillGaussian<T>)   \
  PION_REDUCE(Distance<T>)    \
  PION_ONCE(Select<T>)        \
  PION_MAP(ScaleColumns<T>)   \
  PION_MAP(Copy<T, bfloat16>) \
  PION_MAP(Copy<T, half>)
PION_FOR_NARROW(double)
PION_FOR_NARROW(float)
PION_MAP(Copy<double, float>)
PION_MAP(Copy<float, double>)
PION_MAP(Copy<bfloat16, double>)
PION_MAP(Copy<half, float>)
PION_MAP(Split<float, bfloat16>)
PION_MAP(Sum<float>)

#define PION_FOR_GRADIENT(W, G)                    \
  PION_REDUCE(Advance<W, G, optimizer::NoMomentum>) \
  PION_REDUCE(Advance<W, G, optimizer::HeavyBall>) \
  PION_REDUCE(Advance<W, G, optimizer::Ema>)       \
  PION_REDUCE(Advance<W, G, optimizer::RmsNormalized>)
#define PION_FOR_PARAMETER(W) \
  PION_FOR_GRADIENT(W, W)     \
  PION_REDUCE(UpdateParameter<W>)     \
  PION_MAP(Commit<W>)
PION_FOR_PARAMETER(double)
PION_FOR_PARAMETER(float)
PION_FOR_PARAMETER(bfloat16)
PION_FOR_PARAMETER(half)
PION_FOR_GRADIENT(float, bfloat16)
PION_FOR_GRADIENT(bfloat16, float)
#define PION_FOR_STATE(T)                             \
  PION_MAP(AdvanceForm<T, optimizer::HeavyBall>)      \
  PION_MAP(AdvanceForm<T, optimizer::Ema>)            \
  PION_MAP(AdvanceForm<T, optimizer::RmsNormalized>)  \
  PION_MAP(CorrectByChange<T>)                        \
  PION_MAP(TakeSigns<T>)                              \
  PION_REDUCE(FindDigit<T>)                           \
  PION_REDUCE(InterpolateSizes<T>)                    \
  PION_MAP(ClipEntries<T>)                            \
  PION_MAP(DivideEntries<T>)                          \
  PION_REDUCE(MeanOfLine<T>)                          \
  PION_MAP(DivideLines<T>)                            \
  PION_ONCE(AdaptLength<T, optimizer::formulas::Namo>) \
  PION_ONCE(AdaptLength<T, optimizer::formulas::AdaGradNorm>) \
  PION_REDUCE(CheckBuffer<T>)                         \
  PION_MAP(KeepBuffer<T>)
PION_FOR_STATE(double)
PION_FOR_STATE(float)
PION_ONCE(ClipFactor)
PION_ONCE(ResizeFactor)
PION_ONCE(Prepare<optimizer::NoMomentum>)
PION_ONCE(Prepare<optimizer::HeavyBall>)
PION_ONCE(Prepare<optimizer::Ema>)
PION_ONCE(Prepare<optimizer::RmsNormalized>)
PION_ONCE(ScaleStep)
PION_ONCE(SetNumber)
PION_ONCE(Untouched)
PION_ONCE(Nothing)
PION_ONCE(CountStep)
PION_ONCE(AdmitSample)

PION_ONCE(CheckInput)
PION_ONCE(ClassifyResult)
PION_ONCE(CopyInfo)
PION_ONCE(JoinMoments)
PION_ONCE(Compute1<NormPartials::Norm, double, NormPartials>)
PION_ONCE(Compute1<algorithm::Inverse, double, double>)
PION_ONCE(Compute1<algorithm::InverseSquare, double, double>)
PION_ONCE(Compute1<algorithm::SquareRoot, double, double>)
PION_ONCE(Compute1<algorithm::PowerBound::Start, algorithm::PowerBound, double>)
PION_ONCE(
    Compute2<algorithm::PowerBound::Squared, algorithm::PowerBound, algorithm::PowerBound, double>)
PION_ONCE(Compute2<algorithm::PowerBound::Sigma, double, algorithm::PowerBound, double>)

#undef PION_TRANSFER
#undef PION_MAP
#undef PION_REDUCE
#undef PION_ONCE
#undef PION_FOR_PAIR
#undef PION_FOR_SCALAR
#undef PION_FOR_NARROW
#undef PION_FOR_GRADIENT
#undef PION_FOR_PARAMETER
#undef PION_FOR_STATE

}  // namespace pion::cuda
