//! Unpacking of what is packed by zlib or gzip, through the library GDAL already brings.

use std::ffi::c_void;

/// The plain bytes, if `packed` is a zlib or gzip stream of at most `cap` plain bytes.
#[allow(unsafe_code, reason = "the gdal crate has no wrapper of CPLZLibInflate, and no other inflater is a dependency")]
pub(super) fn inflate(packed: &[u8], cap: usize) -> Option<Vec<u8>> {
    let mut plain = vec![0_u8; cap];
    let mut written = 0;
    // SAFETY: reads `packed.len()` bytes and writes at most `plain.len()` bytes of memory that both live here; given memory to write to,
    // it returns that memory or null and allocates nothing that we would have to free.
    let done = unsafe {
        gdal_sys::CPLZLibInflate(
            packed.as_ptr().cast::<c_void>(),
            packed.len(),
            plain.as_mut_ptr().cast::<c_void>(),
            plain.len(),
            &mut written,
        )
    };
    if done.is_null() {
        return None;
    }
    plain.truncate(written);
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::inflate;

    #[test]
    fn a_stored_block_comes_back_and_noise_does_not() {
        // zlib: one stored block "abc", with its Adler-32.
        let packed = [0x78, 0x01, 0x01, 3, 0, 0xfc, 0xff, b'a', b'b', b'c', 0x02, 0x4d, 0x01, 0x27];
        assert_eq!(inflate(&packed, 100).as_deref(), Some(b"abc".as_slice()));
        assert_eq!(inflate(&packed, 2), None);
        assert_eq!(inflate(b"not packed at all", 100), None);
    }
}
