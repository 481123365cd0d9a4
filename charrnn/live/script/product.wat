;; y += x * W for a matrix W stored by rows, four columns and eight rows at a time.
;;
;; Addresses count bytes; rows are a multiple of 8, columns of 4, all numbers 32-bit floats.
(module
  (import "page" "memory" (memory 1))
  (func (export "addProduct")
    (param $x i32) (param $w i32) (param $y i32) (param $rows i32) (param $columns i32)
    (local $stride i32) (local $column i32) (local $last i32)
    (local $w1 i32) (local $w2 i32) (local $w3 i32) (local $w4 i32)
    (local $w5 i32) (local $w6 i32) (local $w7 i32)
    (local $x0 v128) (local $x1 v128) (local $x2 v128) (local $x3 v128)
    (local $x4 v128) (local $x5 v128) (local $x6 v128) (local $x7 v128)
    (local.set $stride (i32.shl (local.get $columns) (i32.const 2)))
    (local.set $last (i32.add (local.get $x) (i32.shl (local.get $rows) (i32.const 2))))
    (loop $eight_rows
      (local.set $w1 (i32.add (local.get $w) (local.get $stride)))
      (local.set $w2 (i32.add (local.get $w1) (local.get $stride)))
      (local.set $w3 (i32.add (local.get $w2) (local.get $stride)))
      (local.set $w4 (i32.add (local.get $w3) (local.get $stride)))
      (local.set $w5 (i32.add (local.get $w4) (local.get $stride)))
      (local.set $w6 (i32.add (local.get $w5) (local.get $stride)))
      (local.set $w7 (i32.add (local.get $w6) (local.get $stride)))
      (local.set $x0 (v128.load32_splat (local.get $x)))
      (local.set $x1 (v128.load32_splat offset=4 (local.get $x)))
      (local.set $x2 (v128.load32_splat offset=8 (local.get $x)))
      (local.set $x3 (v128.load32_splat offset=12 (local.get $x)))
      (local.set $x4 (v128.load32_splat offset=16 (local.get $x)))
      (local.set $x5 (v128.load32_splat offset=20 (local.get $x)))
      (local.set $x6 (v128.load32_splat offset=24 (local.get $x)))
      (local.set $x7 (v128.load32_splat offset=28 (local.get $x)))
      (local.set $column (i32.const 0))
      (loop $four_columns
        (v128.store (i32.add (local.get $y) (local.get $column))
          (f32x4.add (v128.load (i32.add (local.get $y) (local.get $column)))
            (f32x4.add
              (f32x4.add
                (f32x4.add
                  (f32x4.mul (local.get $x0) (v128.load (i32.add (local.get $w) (local.get $column))))
                  (f32x4.mul (local.get $x1) (v128.load (i32.add (local.get $w1) (local.get $column)))))
                (f32x4.add
                  (f32x4.mul (local.get $x2) (v128.load (i32.add (local.get $w2) (local.get $column))))
                  (f32x4.mul (local.get $x3) (v128.load (i32.add (local.get $w3) (local.get $column))))))
              (f32x4.add
                (f32x4.add
                  (f32x4.mul (local.get $x4) (v128.load (i32.add (local.get $w4) (local.get $column))))
                  (f32x4.mul (local.get $x5) (v128.load (i32.add (local.get $w5) (local.get $column)))))
                (f32x4.add
                  (f32x4.mul (local.get $x6) (v128.load (i32.add (local.get $w6) (local.get $column))))
                  (f32x4.mul (local.get $x7) (v128.load (i32.add (local.get $w7) (local.get $column)))))))))
        (br_if $four_columns
          (i32.lt_u
            (local.tee $column (i32.add (local.get $column) (i32.const 16)))
            (local.get $stride)))
      )
      (local.set $w (i32.add (local.get $w7) (local.get $stride)))
      (br_if $eight_rows
        (i32.lt_u
          (local.tee $x (i32.add (local.get $x) (i32.const 32)))
          (local.get $last)))
    )
  )
)
