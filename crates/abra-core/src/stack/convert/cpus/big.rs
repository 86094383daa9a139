//! Whole numbers of any size: as much of them as a number of CPUs needs.

/// A whole number of any size, in limbs of 32 bits, lowest first.
#[derive(Default)]
pub(super) struct Big(Vec<u32>);

impl Big {
    pub(super) fn is_zero(&self) -> bool {
        self.0.iter().all(|limb| *limb == 0)
    }

    pub(super) fn low(&self) -> u64 {
        let limb = |at: usize| u64::from(self.0.get(at).copied().unwrap_or_default());
        limb(0) | limb(1) << 32
    }

    pub(super) fn as_u64(&self) -> Option<u64> {
        self.0.iter().skip(2).all(|limb| *limb == 0).then(|| self.low())
    }

    #[expect(clippy::cast_possible_truncation, reason = "the limb is what fits, the rest is carried")]
    pub(super) fn multiply_add(&mut self, factor: u32, summand: u32) {
        let mut carry = u64::from(summand);
        for limb in &mut self.0 {
            let sum = u64::from(*limb) * u64::from(factor) + carry;
            *limb = sum as u32;
            carry = sum >> 32;
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }

    /// Divides and gives the remainder.
    #[expect(clippy::cast_possible_truncation, reason = "a quotient digit is smaller than the base")]
    pub(super) fn divide(&mut self, divisor: u64) -> u128 {
        let mut rest: u128 = 0;
        for limb in self.0.iter_mut().rev() {
            let part = rest << 32 | u128::from(*limb);
            *limb = (part / u128::from(divisor)) as u32;
            rest = part % u128::from(divisor);
        }
        rest
    }
}
