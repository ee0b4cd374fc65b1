// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/jobs/svd.hpp"

#include <pion/apply/polar.hpp>
#include <pion/apply/svd.hpp>

namespace pion::tool {

template <class Scalar>
Spectrum spectrum_of(const Eigen::Ref<const io::RowMajor<Scalar>>& x) {
  return spectrum(x);
}
template Spectrum spectrum_of<float>(const Eigen::Ref<const io::RowMajor<float>>&);
template Spectrum spectrum_of<double>(const Eigen::Ref<const io::RowMajor<double>>&);
template Spectrum spectrum_of<Eigen::half>(const Eigen::Ref<const io::RowMajor<Eigen::half>>&);
template Spectrum spectrum_of<Eigen::bfloat16>(
    const Eigen::Ref<const io::RowMajor<Eigen::bfloat16>>&);

template <class Scalar>
SketchedSpectrum sketch_of(const Eigen::Ref<const io::RowMajor<Scalar>>& x, const Within& how) {
  return sketch_spectrum(x, how);
}
template SketchedSpectrum sketch_of<float>(const Eigen::Ref<const io::RowMajor<float>>&,
                                           const Within&);
template SketchedSpectrum sketch_of<double>(const Eigen::Ref<const io::RowMajor<double>>&,
                                            const Within&);
template SketchedSpectrum sketch_of<Eigen::half>(const Eigen::Ref<const io::RowMajor<Eigen::half>>&,
                                                 const Within&);
template SketchedSpectrum sketch_of<Eigen::bfloat16>(
    const Eigen::Ref<const io::RowMajor<Eigen::bfloat16>>&, const Within&);

template <class Scalar>
ApplyInfo apply_by_svd(const Filter& f, const io::Matrix<Scalar>& x, io::Matrix<Scalar>& y) {
  return apply_svd(f, x, y);
}
template ApplyInfo apply_by_svd(const Filter&, const io::Matrix<float>&, io::Matrix<float>&);
template ApplyInfo apply_by_svd(const Filter&, const io::Matrix<double>&, io::Matrix<double>&);
template ApplyInfo apply_by_svd(const Filter&, const io::Matrix<Eigen::half>&,
                                io::Matrix<Eigen::half>&);
template ApplyInfo apply_by_svd(const Filter&, const io::Matrix<Eigen::bfloat16>&,
                                io::Matrix<Eigen::bfloat16>&);

template <class Scalar>
ApplyInfo apply_within(const Tolerance& tolerance, const Filter& f, const io::Matrix<Scalar>& x,
                       io::Matrix<Scalar>& y, Workspace& workspace) {
  return apply(f, x, y, workspace, tolerance);
}
template ApplyInfo apply_within(const Tolerance&, const Filter&, const io::Matrix<float>&,
                                io::Matrix<float>&, Workspace&);
template ApplyInfo apply_within(const Tolerance&, const Filter&, const io::Matrix<double>&,
                                io::Matrix<double>&, Workspace&);
template ApplyInfo apply_within(const Tolerance&, const Filter&, const io::Matrix<Eigen::half>&,
                                io::Matrix<Eigen::half>&, Workspace&);
template ApplyInfo apply_within(const Tolerance&, const Filter&, const io::Matrix<Eigen::bfloat16>&,
                                io::Matrix<Eigen::bfloat16>&, Workspace&);

template <class Scalar>
ApplyInfo low_rank_by_svd(const io::Matrix<Scalar>& x, std::int64_t rank, io::Matrix<Scalar>& y) {
  return polar_factor(x, Leading{rank}, y);
}
template ApplyInfo low_rank_by_svd(const io::Matrix<float>&, std::int64_t, io::Matrix<float>&);
template ApplyInfo low_rank_by_svd(const io::Matrix<double>&, std::int64_t, io::Matrix<double>&);

}  // namespace pion::tool
