//! AV1's payload format (AOM's "RTP Payload Format For AV1" §4.4): OBU elements, of which the
//! first and the last may be parts. What comes out is a temporal unit in low-overhead format, that
//! is with sizes in the OBUs (AV1 bitstream specification §5.2).

/// The temporal unit that stands in these payloads.
pub(super) fn join(payloads: &[&[u8]]) -> Result<Vec<u8>, &'static str> {
    let mut obus: Vec<Vec<u8>> = Vec::new();
    let mut continues = false;
    for payload in payloads {
        let (header, elements) = payload.split_first().ok_or("an empty payload")?;
        if (header & Z != 0) != continues {
            return Err("the part of an OBU is missing");
        }
        let elements = split(usize::from(header >> 4 & 3), elements);
        for (place, element) in elements.ok_or("an OBU element is cut off")?.iter().enumerate() {
            match obus.last_mut() {
                Some(obu) if place == 0 && continues => obu.extend_from_slice(element),
                _ => obus.push(element.to_vec()),
            }
        }
        continues = header & Y != 0;
    }
    if continues {
        return Err("the last OBU does not end");
    }
    let mut unit = TEMPORAL_DELIMITER.to_vec();
    for obu in &obus {
        add(&mut unit, obu).ok_or("an OBU is cut off")?;
    }
    Ok(unit)
}

/// The elements of a packet; with a count, the last one has no length.
fn split(count: usize, mut rest: &[u8]) -> Option<Vec<&[u8]>> {
    let mut elements = Vec::new();
    while !rest.is_empty() {
        if elements.len() + 1 == count {
            elements.push(rest);
            break;
        }
        let (length, used) = leb128(rest)?;
        let (element, more) = rest.get(used..)?.split_at_checked(length)?;
        elements.push(element);
        rest = more;
    }
    (count == 0 || elements.len() == count).then_some(elements)
}

/// Appends an OBU, with a size if it has none (§5.3.1).
fn add(unit: &mut Vec<u8>, obu: &[u8]) -> Option<()> {
    let header = *obu.first()?;
    if header & HAS_SIZE != 0 {
        unit.extend_from_slice(obu);
        return Some(());
    }
    let (head, body) = obu.split_at_checked(if header & HAS_EXTENSION != 0 { 2 } else { 1 })?;
    unit.push(header | HAS_SIZE);
    unit.extend_from_slice(&head[1..]);
    let mut size = body.len();
    while size > 0x7f {
        unit.push(size as u8 & 0x7f | 0x80);
        size >>= 7;
    }
    unit.push(size as u8);
    unit.extend_from_slice(body);
    Some(())
}

/// A number and how many bytes it takes (§4.10.5).
fn leb128(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0;
    for (place, byte) in bytes.iter().take(4).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some((value, place + 1));
        }
    }
    None
}

/// The first element goes on with an OBU of the packet before.
const Z: u8 = 0x80;
/// The last element goes on in the next packet.
const Y: u8 = 0x40;
const HAS_EXTENSION: u8 = 0x04;
const HAS_SIZE: u8 = 0x02;
/// It is left out in RTP, and a temporal unit begins with it.
const TEMPORAL_DELIMITER: [u8; 2] = [0x12, 0x00];
