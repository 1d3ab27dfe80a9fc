// metal_simdgroup_matrix: 8 x 8, two elements a lane. Which lane holds which, no kernel may know.
#pragma once

namespace metal {

#pragma clang attribute push(__attribute__((no_sanitize("thread"))), apply_to = function)

EMU_INLINE uint emu_row(uint lane) { return (lane >> 4 & 1) * 4 + (lane >> 1 & 3); }
EMU_INLINE uint emu_column(uint lane) { return (lane >> 3 & 1) * 4 + (lane & 1) * 2; }

template <class T, int R, int C> struct simdgroup_matrix {
  static_assert(R == 8 && C == 8 && (emu::same<T, float> || emu::same<T, half>),
                "MSL 2.3 has simdgroup matrices of 8 by 8 float or half only");
  vec<T, 2> elements;
  simdgroup_matrix() {}
  explicit simdgroup_matrix(T diagonal) {
    uint row = emu_row(emu_lane()), column = emu_column(emu_lane());
    for (uint k = 0; k < 2; k++) elements[k] = row == column + k ? diagonal : (T)0.0f;
  }
};
typedef simdgroup_matrix<float, 8, 8> simdgroup_float8x8;
typedef simdgroup_matrix<half, 8, 8> simdgroup_half8x8;

template <class T, int R, int C> simdgroup_matrix<T, R, C> make_filled_simdgroup_matrix(T x) {
  simdgroup_matrix<T, R, C> m;
  m.elements = x;
  return m;
}

template <class D, class A, class B, class E>
void simdgroup_multiply_accumulate(thread simdgroup_matrix<D, 8, 8>& d,
                                   simdgroup_matrix<A, 8, 8> a, simdgroup_matrix<B, 8, 8> b,
                                   simdgroup_matrix<E, 8, 8> c, int line = __builtin_LINE()) {
  struct Piece {
    float a[2], b[2], c[2];
  } piece;
  for (int k = 0; k < 2; k++) {
    piece.a[k] = a.elements[k];
    piece.b[k] = b.elements[k];
    piece.c[k] = c.elements[k];
  }
  piece = emu::together(20, line, piece, [](emu::Lanes<Piece> lanes) {
    float left[8][8], right[8][8];
    for (uint l = 0; l < emu::SIMD_WIDTH; l++)
      for (uint k = 0; k < 2; k++) {
        left[emu_row(l)][emu_column(l) + k] = lanes[l].a[k];
        right[emu_row(l)][emu_column(l) + k] = lanes[l].b[k];
      }
    for (uint l = 0; l < emu::SIMD_WIDTH; l++)
      for (uint k = 0; k < 2; k++)
        for (uint i = 0; i < 8; i++)
          lanes[l].c[k] += left[emu_row(l)][i] * right[i][emu_column(l) + k];
  });
  for (int k = 0; k < 2; k++) d.elements[k] = (D)piece.c[k];
}
template <class D, class A, class B>
void simdgroup_multiply(thread simdgroup_matrix<D, 8, 8>& d, simdgroup_matrix<A, 8, 8> a,
                        simdgroup_matrix<B, 8, 8> b, int line = __builtin_LINE()) {
  auto zero = make_filled_simdgroup_matrix<float, 8, 8>(0.0f);
  simdgroup_multiply_accumulate(d, a, b, zero, line);
}

#pragma clang attribute pop

// These are accesses of each lane, and checked as such.
template <class T, class P>
void simdgroup_load(thread simdgroup_matrix<T, 8, 8>& m, P p, ulong stride = 8,
                    vec<ulong, 2> origin = 0, bool transposed = false) {
  uint row = emu_row(emu_lane()), column = emu_column(emu_lane());
  for (uint k = 0; k < 2; k++) {
    ulong y = transposed ? column + k : row, x = transposed ? row : column + k;
    m.elements[k] = p[(origin[1] + y) * stride + origin[0] + x];
  }
}
template <class T, class P>
void simdgroup_store(simdgroup_matrix<T, 8, 8> m, P p, ulong stride = 8,
                     vec<ulong, 2> origin = 0, bool transposed = false) {
  uint row = emu_row(emu_lane()), column = emu_column(emu_lane());
  for (uint k = 0; k < 2; k++) {
    ulong y = transposed ? column + k : row, x = transposed ? row : column + k;
    p[(origin[1] + y) * stride + origin[0] + x] = m.elements[k];
  }
}

}  // namespace metal
