;; Finds where an object or a list of JSON ends, 64 bytes at a time, in one window of its bytes after the other.
;; json-nesting.ts lays out the memory and moves the window; offsets told outside are relative to the window's begin.
(module
  (memory (export "memory") 2 2)

  ;; What is kept from window to window: the bracket depth; where the string was opened that is not closed yet, or
  ;; `outside`; whether the window's first byte is escaped; the signs among the strings.
  (global $depthAt i32 (i32.const 0))
  (global $openAt i32 (i32.const 4))
  (global $isEscapedAt i32 (i32.const 8))
  (global $signsAt i32 (i32.const 12))
  ;; How many long strings the window closed, and the begin and end of each.
  (global $longCountAt i32 (i32.const 16))
  ;; The greatest depth so far.
  (global $deepestAt i32 (i32.const 20))
  ;; How many values so far: one for each comma, and one for each bracket that opens.
  (global $valuesAt i32 (i32.const 24))
  (global $longsAt i32 (i32.const 8192))
  (global $windowAt i32 (i32.const 16384))

  (global $outside i32 (i32.const 0x7fffffff))
  (global $longBytes i32 (i32.const 4096))

  ;; The second result of $escaped.
  (global $carry (mut i64) (i64.const 0))

  ;; Scans `length` bytes of the window, 64 at a time: each becomes a bit of a mask, so that what is escaped costs no
  ;; branch. All windows but the last are a multiple of 64. Answers the offset behind the bracket that ends the value;
  ;; -1: not in here.
  (func (export "scan") (param $length i32) (result i32)
    (local $at i32) (local $end i32) (local $found i32) (local $byte i32) (local $open i32) (local $depth i32)
    (local $values i32) (local $commas i64)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local $quotes i64) (local $slashes i64) (local $carried i64) (local $events i64)
    (i32.store (global.get $longCountAt) (i32.const 0))
    (local.set $depth (i32.load (global.get $depthAt)))
    (local.set $values (i32.load (global.get $valuesAt)))
    (local.set $carried (i64.load32_u (global.get $isEscapedAt)))
    (local.set $open (i32.load (global.get $openAt)))
    (if (i32.ne (local.get $open) (global.get $outside))
      (then (local.set $open (i32.add (local.get $open) (global.get $windowAt)))))
    (local.set $at (global.get $windowAt))
    (local.set $end (i32.add (local.get $at) (local.get $length)))

    (block $windowEnds
      (loop $nextBlock
        (br_if $windowEnds (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $a (v128.load (local.get $at)))
        (local.set $b (v128.load offset=16 (local.get $at)))
        (local.set $c (v128.load offset=32 (local.get $at)))
        (local.set $d (v128.load offset=48 (local.get $at)))
        (local.set $quotes (call $equal
          (local.get $a) (local.get $b) (local.get $c) (local.get $d) (i8x16.splat (i32.const 0x22))))
        (local.set $slashes (call $equal
          (local.get $a) (local.get $b) (local.get $c) (local.get $d) (i8x16.splat (i32.const 0x5c))))
        (if (i32.lt_u (i32.sub (local.get $end) (local.get $at)) (i32.const 64))
          (then (local.set $quotes (i64.and (local.get $quotes) (i64.sub
            (i64.shl (i64.const 1) (i64.extend_i32_u (i32.sub (local.get $end) (local.get $at))))
            (i64.const 1))))))
        (if (i64.ne (i64.or (local.get $slashes) (local.get $carried)) (i64.const 0))
          (then
            (local.set $slashes (call $escaped (local.get $slashes) (local.get $carried)))
            (local.set $carried (global.get $carry))
            (local.set $quotes (i64.and (local.get $quotes) (i64.xor (local.get $slashes) (i64.const -1))))))

        (local.set $events (i64.const -1))
        (if (i32.ne (local.get $open) (global.get $outside))
          (then
            (if (i64.eqz (local.get $quotes))
              (then
                (local.set $at (i32.add (local.get $at) (i32.const 64)))
                (br $nextBlock)))
            (local.set $found (i32.add (local.get $at) (i32.wrap_i64 (i64.ctz (local.get $quotes)))))
            (call $noteString (local.get $open) (i32.add (local.get $found) (i32.const 1)))
            (local.set $open (global.get $outside))
            (local.set $events (call $above (i64.ctz (local.get $quotes))))))

        ;; Commas and brackets count as well; a square bracket differs from a curly one in the bit 0x20 alone.
        (local.set $commas (call $equal
          (local.get $a) (local.get $b) (local.get $c) (local.get $d) (i8x16.splat (i32.const 0x2c))))
        (local.set $a (v128.or (local.get $a) (i8x16.splat (i32.const 0x20))))
        (local.set $b (v128.or (local.get $b) (i8x16.splat (i32.const 0x20))))
        (local.set $c (v128.or (local.get $c) (i8x16.splat (i32.const 0x20))))
        (local.set $d (v128.or (local.get $d) (i8x16.splat (i32.const 0x20))))
        (local.set $events (i64.and (local.get $events) (i64.or (i64.or (local.get $quotes) (local.get $commas)) (i64.or
          (call $equal
            (local.get $a) (local.get $b) (local.get $c) (local.get $d) (i8x16.splat (i32.const 0x7b)))
          (call $equal
            (local.get $a) (local.get $b) (local.get $c) (local.get $d) (i8x16.splat (i32.const 0x7d)))))))
        (block $blockEnds
          (loop $nextEvent
            (br_if $blockEnds (i64.eqz (local.get $events)))
            (local.set $found (i32.add (local.get $at) (i32.wrap_i64 (i64.ctz (local.get $events)))))
            (br_if $windowEnds (i32.ge_u (local.get $found) (local.get $end)))
            (local.set $events (i64.and (local.get $events) (i64.sub (local.get $events) (i64.const 1))))
            (local.set $byte (i32.load8_u (local.get $found)))
            (if (i32.eq (local.get $byte) (i32.const 0x22))
              (then
                (local.set $open (local.get $found))
                ;; The next quote is the string's end: what stands before it does not count.
                (local.set $quotes (i64.and (local.get $quotes) (local.get $events)))
                (br_if $blockEnds (i64.eqz (local.get $quotes)))
                (local.set $found (i32.add (local.get $at) (i32.wrap_i64 (i64.ctz (local.get $quotes)))))
                (call $noteString (local.get $open) (i32.add (local.get $found) (i32.const 1)))
                (local.set $open (global.get $outside))
                (local.set $events (i64.and (local.get $events) (call $above (i64.ctz (local.get $quotes)))))
                (br $nextEvent)))
            (if (i32.eq (local.get $byte) (i32.const 0x2c))
              (then
                (local.set $values (i32.add (local.get $values) (i32.const 1)))
                (br $nextEvent)))
            ;; 0x7b and 0x5b open, 0x7d and 0x5d close.
            (local.set $depth (i32.add (local.get $depth)
              (i32.sub (i32.const 1) (i32.shr_u (i32.and (local.get $byte) (i32.const 4)) (i32.const 1)))))
            (if (i32.eqz (local.get $depth))
              (then
                (i32.store (global.get $valuesAt) (local.get $values))
                (return (call $relative (i32.add (local.get $found) (i32.const 1))))))
            (local.set $values (i32.add (local.get $values)
              (i32.sub (i32.const 1) (i32.shr_u (i32.and (local.get $byte) (i32.const 4)) (i32.const 2)))))
            (if (i32.gt_s (local.get $depth) (i32.load (global.get $deepestAt)))
              (then (i32.store (global.get $deepestAt) (local.get $depth))))
            (br $nextEvent)))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (br $nextBlock)))

    (i64.store32 (global.get $isEscapedAt) (local.get $carried))
    (if (i32.ne (local.get $open) (global.get $outside))
      (then (local.set $open (call $relative (local.get $open)))))
    (i32.store (global.get $openAt) (local.get $open))
    (i32.store (global.get $depthAt) (local.get $depth))
    (i32.store (global.get $valuesAt) (local.get $values))
    (i32.const -1))

  ;; A bit for each of 64 bytes that equals the one in `byte`.
  (func $equal (param $a v128) (param $b v128) (param $c v128) (param $d v128) (param $byte v128) (result i64)
    (i64.or
      (i64.extend_i32_u (i32.or
        (i8x16.bitmask (i8x16.eq (local.get $a) (local.get $byte)))
        (i32.shl (i8x16.bitmask (i8x16.eq (local.get $b) (local.get $byte))) (i32.const 16))))
      (i64.shl
        (i64.extend_i32_u (i32.or
          (i8x16.bitmask (i8x16.eq (local.get $c) (local.get $byte)))
          (i32.shl (i8x16.bitmask (i8x16.eq (local.get $d) (local.get $byte))) (i32.const 16))))
        (i64.const 32))))

  ;; All bits above bit `at`.
  (func $above (param $at i64) (result i64)
    (i64.shl (i64.const -2) (local.get $at)))

  ;; The bits of bytes behind an odd number of backslashes; `carried` and then $carry: whether the first byte of a block
  ;; is one. A run that begins at an odd bit carries its sum to where runs that begin at even ones end, so one addition
  ;; tells all runs of a block apart (Langdale and Lemire, "Parsing gigabytes of JSON per second", 2019).
  (func $escaped (param $slashes i64) (param $carried i64) (result i64)
    (local $behind i64) (local $oddBegins i64) (local $sum i64)
    (local.set $slashes (i64.and (local.get $slashes) (i64.xor (local.get $carried) (i64.const -1))))
    (local.set $behind (i64.or (i64.shl (local.get $slashes) (i64.const 1)) (local.get $carried)))
    (local.set $oddBegins (i64.and (local.get $slashes) (i64.and
      (i64.const 0xaaaaaaaaaaaaaaaa) (i64.xor (local.get $behind) (i64.const -1)))))
    (local.set $sum (i64.add (local.get $oddBegins) (local.get $slashes)))
    (global.set $carry (i64.extend_i32_u (i64.lt_u (local.get $sum) (local.get $slashes))))
    (i64.and (local.get $behind)
      (i64.xor (i64.const 0x5555555555555555) (i64.shl (local.get $sum) (i64.const 1)))))

  (func $relative (param $at i32) (result i32)
    (i32.sub (local.get $at) (global.get $windowAt)))

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
