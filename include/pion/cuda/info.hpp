// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>  // fmin, sqrt

#include <pion/cuda/batch.hpp>
#include <pion/cuda/moments.hpp>

/// What a call on a device says of each matrix, and the bodies (bodies.hpp) that write it.
namespace pion::cuda {

/// Says what became of one matrix. The device writes it, in memory of the caller's or the
/// context's.
struct Info {
  /// What became of it.
  enum Status : int {
    done,           ///< y has the result.
    not_finite,     ///< An entry of x is NaN or infinite; y is as it was.
    overflow,       ///< The result overflows y's scalar; y is as it was.
    not_converged,  ///< cuSOLVER's SVD has not come to an end; y is as it was.
  };
  double largest = 0.0;      ///< The largest |entry| of x.
  double norm = 0.0;         ///< ||x||_F.
  double output_norm = 0.0;  ///< ||y||_F before y is rounded to its storage type.
  double factor = 0.0;       ///< What x was multiplied by at first: 1 / norm, or 1.
  Status status = done;      ///< What became of it.
  bool dead = false;         ///< As ApplyInfo's.
  Index rank = -1;           ///< Directions of y, where the method knows them; else negative.
};

/// info <- what x's moments say before anything is computed; with `normalize`, x will be divided by
/// its norm.
struct CheckInput {
  const NormPartials* moments;
  bool normalize;
  Info* info;
  PION_HOST_DEVICE void operator()(Index b) const {
    Info i;
    i.largest = moments[b].largest;
    i.norm = moments[b].norm();
    i.factor = !normalize ? 1.0 : i.norm > 0.0 ? 1.0 / i.norm : 0.0;
    i.status = moments[b].finite() ? Info::done : Info::not_finite;
    info[b] = i;
  }
};

/// info <- what the result's moments say. `epsilon` is that of the scalar computed in, `highest`
/// the largest number of the scalar that y is stored in, `normalize` and `directions` what x was
/// divided by its norm for and how many singular values it has.
struct ClassifyResult {
  const NormPartials* moments;
  bool normalize;
  double epsilon, highest, directions;
  Info* info;
  PION_HOST_DEVICE void operator()(Index b) const {
    Info& i = info[b];
    if (i.status == Info::not_finite) return;
    i.output_norm = moments[b].norm();
    if (!(moments[b].largest <= highest)) i.status = Info::overflow;
    const double unit = normalize ? 1.0 : fmin(1.0, i.largest);
    i.dead = i.largest > 0.0 && i.output_norm <= epsilon * ::sqrt(directions) * unit;
  }
};

/// to[k] <- from[k], each info of a batch where the caller wants it; null where he does not.
struct CopyInfo {
  const Info* from;
  Info* to[PointerBatch<const float>::most];
  PION_HOST_DEVICE void operator()(Index k) const {
    if (to[k] != nullptr) *to[k] = from[k];
  }
};

}  // namespace pion::cuda
