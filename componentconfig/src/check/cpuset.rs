//! Lists of CPUs, `0-3,8`. Follows `k8s.io/utils/cpuset`.

/// Reads a list of CPUs and ranges of them; gives the ranges.
pub(crate) fn parse(text: &str) -> Result<Vec<(u32, u32)>, String> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    text.split(',').map(range).collect()
}

fn range(text: &str) -> Result<(u32, u32), String> {
    let number = |digits: &str| {
        digits
            .parse()
            .map_err(|_| format!("{digits:?} is not the number of a CPU"))
    };
    let Some((first, last)) = text.split_once('-') else {
        let cpu = number(text)?;
        return Ok((cpu, cpu));
    };
    let (first, last) = (number(first)?, number(last)?);
    if first > last {
        return Err(format!("invalid range {text:?} ({first} > {last})"));
    }
    Ok((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        assert_eq!(parse("0-3,8"), Ok(vec![(0, 3), (8, 8)]));
        assert_eq!(parse(""), Ok(vec![]));
        for bad in ["0-x", "3-1", "0,", "-1", "0-1-2", " 1"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
