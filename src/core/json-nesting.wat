;; Finds where an object or a list of JSON ends, 16 bytes at a time, in one window of its bytes after the other.
;; json-nesting.ts lays out the memory and moves the window; offsets told outside are relative to the window's begin.
(module
  (memory (export "memory") 2 2)

  ;; What is kept from window to window: the bracket depth; where the string was opened that is not closed yet, or
  ;; `outside`; whether its part before the window ended with an odd number of backslashes; the signs among the strings.
  (global $depthAt i32 (i32.const 0))
  (global $openAt i32 (i32.const 4))
  (global $isOddAt i32 (i32.const 8))
  (global $signsAt i32 (i32.const 12))
  ;; How many long strings the window closed, and the begin and end of each.
  (global $longCountAt i32 (i32.const 16))
  ;; The greatest depth so far.
  (global $deepestAt i32 (i32.const 20))
  (global $longsAt i32 (i32.const 8192))
  (global $windowAt i32 (i32.const 16384))

  (global $outside i32 (i32.const 0x7fffffff))
  (global $longBytes i32 (i32.const 4096))

  ;; Scans `length` bytes of the window. Answers the offset behind the bracket that ends the value; -1: not in here.
  (func (export "scan") (param $length i32) (result i32)
    (local $at i32) (local $end i32) (local $found i32) (local $byte i32) (local $hits i32)
    (local $open i32) (local $depth i32) (local $bytes v128)
    (i32.store (global.get $longCountAt) (i32.const 0))
    (local.set $depth (i32.load (global.get $depthAt)))
    (local.set $open (i32.load (global.get $openAt)))
    (if (i32.ne (local.get $open) (global.get $outside))
      (then (local.set $open (i32.add (local.get $open) (global.get $windowAt)))))
    (local.set $at (global.get $windowAt))
    (local.set $end (i32.add (local.get $at) (local.get $length)))

    (block $windowEnds
      (loop $next
        (br_if $windowEnds (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $bytes (v128.load (local.get $at)))
        (local.set $hits (i8x16.bitmask (i8x16.eq (local.get $bytes) (i8x16.splat (i32.const 0x22)))))

        (if (i32.eq (local.get $open) (global.get $outside))
          (then
            ;; Brackets count as well; a square one differs from a curly one in the bit 0x20 alone.
            (local.set $bytes (v128.or (local.get $bytes) (i8x16.splat (i32.const 0x20))))
            (local.set $hits (i32.or (local.get $hits) (i8x16.bitmask (v128.or
              (i8x16.eq (local.get $bytes) (i8x16.splat (i32.const 0x7b)))
              (i8x16.eq (local.get $bytes) (i8x16.splat (i32.const 0x7d)))))))
            (loop $nextHit
              (if (i32.eqz (local.get $hits))
                (then
                  (local.set $at (i32.add (local.get $at) (i32.const 16)))
                  (br $next)))
              (local.set $found (i32.add (local.get $at) (i32.ctz (local.get $hits))))
              (br_if $windowEnds (i32.ge_u (local.get $found) (local.get $end)))
              (local.set $byte (i32.load8_u (local.get $found)))
              (if (i32.ne (local.get $byte) (i32.const 0x22))
                (then
                  ;; 0x7b and 0x5b open, 0x7d and 0x5d close.
                  (local.set $depth (i32.add (local.get $depth)
                    (i32.sub (i32.const 1) (i32.shr_u (i32.and (local.get $byte) (i32.const 4)) (i32.const 1)))))
                  (if (i32.eqz (local.get $depth))
                    (then (return (call $relative (i32.add (local.get $found) (i32.const 1))))))
                  (if (i32.gt_s (local.get $depth) (i32.load (global.get $deepestAt)))
                    (then (i32.store (global.get $deepestAt) (local.get $depth))))
                  (local.set $hits (i32.and (local.get $hits) (i32.sub (local.get $hits) (i32.const 1))))
                  (br $nextHit))))
            (local.set $open (local.get $found))
            (local.set $at (i32.add (local.get $found) (i32.const 1)))
            (br $next)))

        (loop $nextQuote
          (if (i32.eqz (local.get $hits))
            (then
              (local.set $at (i32.add (local.get $at) (i32.const 16)))
              (br $next)))
          (local.set $found (i32.add (local.get $at) (i32.ctz (local.get $hits))))
          (br_if $windowEnds (i32.ge_u (local.get $found) (local.get $end)))
          (if (call $isEscaped (local.get $open) (local.get $found))
            (then
              (local.set $hits (i32.and (local.get $hits) (i32.sub (local.get $hits) (i32.const 1))))
              (br $nextQuote))))
        (local.set $at (i32.add (local.get $found) (i32.const 1)))
        (call $noteString (local.get $open) (local.get $at))
        (local.set $open (global.get $outside))
        (br $next)))

    (if (i32.ne (local.get $open) (global.get $outside))
      (then
        (i32.store (global.get $isOddAt) (call $isEscaped (local.get $open) (local.get $end)))
        (local.set $open (call $relative (local.get $open)))))
    (i32.store (global.get $openAt) (local.get $open))
    (i32.store (global.get $depthAt) (local.get $depth))
    (i32.const -1))

  (func $relative (param $at i32) (result i32)
    (i32.sub (local.get $at) (global.get $windowAt)))

  ;; Whether an odd number of backslashes stands before `at`, in the string that was opened at `open`.
  (func $isEscaped (param $open i32) (param $at i32) (result i32)
    (local $first i32) (local $isOdd i32)
    (local.set $first (local.get $at))
    (block $counted
      (loop $count
        (if (i32.eq (local.get $first) (global.get $windowAt))
          (then
            (if (i32.lt_s (local.get $open) (global.get $windowAt))
              (then (local.set $isOdd (i32.load (global.get $isOddAt)))))
            (br $counted)))
        (br_if $counted (i32.ne (i32.load8_u (i32.sub (local.get $first) (i32.const 1))) (i32.const 0x5c)))
        (local.set $first (i32.sub (local.get $first) (i32.const 1)))
        (br $count)))
    (i32.and (i32.add (local.get $isOdd) (i32.sub (local.get $at) (local.get $first))) (i32.const 1)))

  ;; Notes the string from its opening quote to behind its closing one, if it is long or a sign.
  (func $noteString (param $open i32) (param $end i32)
    (local $length i32) (local $sign i32) (local $bytes v128)
    (local.set $length (i32.sub (local.get $end) (local.get $open)))
    (if (i32.ge_u (local.get $length) (global.get $longBytes))
      (then
        (local.set $sign (i32.load (global.get $longCountAt)))
        (i32.store (global.get $longCountAt) (i32.add (local.get $sign) (i32.const 1)))
        (local.set $sign (i32.add (global.get $longsAt) (i32.shl (local.get $sign) (i32.const 3))))
        (i32.store (local.get $sign) (call $relative (local.get $open)))
        (i32.store offset=4 (local.get $sign) (call $relative (local.get $end)))
        (return)))
    (if (i32.ge_u (local.get $length) (i32.const 32)) (then (return)))
    ;; Signs of this length, 32 bytes each: their first 16 bytes with both quotes, their last four, their bit.
    (local.set $sign (i32.shl (local.get $length) (i32.const 8)))
    (if (i32.eqz (i32.load offset=52 (local.get $sign))) (then (return)))
    (local.set $bytes (v128.and (v128.load (local.get $open)) (v128.load (local.get $sign))))
    (loop $nextSign
      (local.set $sign (i32.add (local.get $sign) (i32.const 32)))
      (if (i8x16.all_true (i8x16.eq (local.get $bytes) (v128.load (local.get $sign))))
        (then
          (if (i32.eq (i32.load offset=16 (local.get $sign)) (i32.load (i32.sub (local.get $end) (i32.const 4))))
            (then (i32.store (global.get $signsAt)
              (i32.or (i32.load (global.get $signsAt)) (i32.load offset=20 (local.get $sign))))))))
      (br_if $nextSign (i32.load offset=52 (local.get $sign)))))
)
