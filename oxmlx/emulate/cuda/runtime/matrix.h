// metal_simdgroup_matrix: 8 x 8, two elements a lane. Products go by shuffles, for the units of
// NVIDIA's that multiply matrices round floats to fewer bits.
#pragma once

namespace metal {

EMU_INLINE uint emu_row(uint lane) { return (lane >> 4 & 1) * 4 + (lane >> 1 & 3); }
EMU_INLINE uint emu_column(uint lane) { return (lane >> 3 & 1) * 4 + (lane & 1) * 2; }
EMU_INLINE uint emu_holder(uint row, uint column) {
  return (row & 4) << 2 | (column & 4) << 1 | (row & 3) << 1 | (column >> 1 & 1);
}

template <class T, int R, int C> struct simdgroup_matrix {
  static_assert(R == 8 && C == 8 && (emu::same<T, float> || emu::same<T, half>),
                "MSL 2.3 has simdgroup matrices of 8 by 8 float or half only");
  T elements[2];
  simdgroup_matrix() = default;
  __device__ __forceinline__ explicit simdgroup_matrix(T diagonal) {
    uint row = emu_row(emu::lane()), column = emu_column(emu::lane());
    for (uint k = 0; k < 2; k++) elements[k] = row == column + k ? diagonal : (T)0.0f;
  }
};
typedef simdgroup_matrix<float, 8, 8> simdgroup_float8x8;
typedef simdgroup_matrix<half, 8, 8> simdgroup_half8x8;

template <class T, int R, int C> EMU_INLINE simdgroup_matrix<T, R, C>
make_filled_simdgroup_matrix(T x) {
  simdgroup_matrix<T, R, C> m;
  m.elements[0] = m.elements[1] = x;
  return m;
}

template <class D, class A, class B, class E>
EMU_INLINE void simdgroup_multiply_accumulate(simdgroup_matrix<D, 8, 8>& d,
                                              simdgroup_matrix<A, 8, 8> a,
                                              simdgroup_matrix<B, 8, 8> b,
                                              simdgroup_matrix<E, 8, 8> c) {
  uint row = emu_row(emu::lane()), column = emu_column(emu::lane());
  float sum[2] = {(float)c.elements[0], (float)c.elements[1]};
#pragma unroll
  for (uint i = 0; i < 8; i++) {
    float left = emu::from((float)a.elements[i % 2], emu_holder(row, i));
    for (uint k = 0; k < 2; k++) {
      sum[k] += left * emu::from((float)b.elements[k], emu_holder(i, column));
    }
  }
  for (uint k = 0; k < 2; k++) d.elements[k] = (D)sum[k];
}
template <class D, class A, class B>
EMU_INLINE void simdgroup_multiply(simdgroup_matrix<D, 8, 8>& d, simdgroup_matrix<A, 8, 8> a,
                                   simdgroup_matrix<B, 8, 8> b) {
  simdgroup_multiply_accumulate(d, a, b, make_filled_simdgroup_matrix<float, 8, 8>(0.0f));
}

template <class T, class P>
EMU_INLINE void simdgroup_load(simdgroup_matrix<T, 8, 8>& m, P p, ulong stride = 8,
                               vec<ulong, 2> origin = 0, bool transposed = false) {
  uint row = emu_row(emu::lane()), column = emu_column(emu::lane());
  for (uint k = 0; k < 2; k++) {
    ulong y = transposed ? column + k : row, x = transposed ? row : column + k;
    m.elements[k] = p[(origin[1] + y) * stride + origin[0] + x];
  }
}
template <class T, class P>
EMU_INLINE void simdgroup_store(simdgroup_matrix<T, 8, 8> m, P p, ulong stride = 8,
                                vec<ulong, 2> origin = 0, bool transposed = false) {
  uint row = emu_row(emu::lane()), column = emu_column(emu::lane());
  for (uint k = 0; k < 2; k++) {
    ulong y = transposed ? column + k : row, x = transposed ? row : column + k;
    p[(origin[1] + y) * stride + origin[0] + x] = m.elements[k];
  }
}

}  // namespace metal
