//! Which image a service runs: as written, pinned by a registry, or as it is live.
use super::seen::{Live, Policy, ResolveImage};
use super::{Draft, World};
use crate::stack::convert::IMAGE_LABEL;
use crate::stack::image::Image;
use crate::stack::live::Service;
use crate::stack::spec::Platform;
use crate::stack::wanted::{StackSpec, WantedService};
use std::collections::BTreeSet;

/// The images that registries have to be asked about before a plan is made.
pub fn images_to_resolve(wanted: &StackSpec, live: &Live, policy: &Policy) -> BTreeSet<String> {
    let asked = |(name, service): &(&String, &WantedService)| {
        let live = live.services.iter().find(|live| live.name() == name.as_str());
        asks(service, live, policy.resolve)
    };
    let image = |(_, service): (_, &WantedService)| service.spec.task_template.container_spec.image.clone();
    wanted.services.iter().filter(asked).map(image).collect()
}

fn asks(wanted: &WantedService, live: Option<&Service>, resolve: ResolveImage) -> bool {
    match resolve {
        ResolveImage::Always => true,
        ResolveImage::Changed => !live.is_some_and(|live| writes_the_same(wanted, live)),
        ResolveImage::Never | ResolveImage::AsPinned => false,
    }
}

/// True if both have the same image as written.
fn writes_the_same(wanted: &WantedService, live: &Service) -> bool {
    live.label(IMAGE_LABEL) == Some(&wanted.image)
}

/// The image that is sent, and the platforms that it exists for.
pub(super) struct Chosen {
    pub(super) image: String,
    pub(super) platforms: Vec<Platform>,
}

/// Chooses the image of a service. A pin that is live is kept where a registry can't be asked.
pub(super) fn choose(
    wanted: &WantedService,
    live: Option<&Service>,
    world: &World<'_>,
    draft: &mut Draft,
) -> Chosen {
    let tagged = &wanted.spec.task_template.container_spec.image;
    let same = live.filter(|live| writes_the_same(wanted, live));
    if world.policy.resolve == ResolveImage::AsPinned {
        let kept = live.filter(|live| is_pin_of(&live_image(live), tagged));
        return kept.map_or_else(|| unpinned(tagged), as_live);
    }
    if !asks(wanted, live, world.policy.resolve) {
        return same.map_or_else(|| unpinned(tagged), as_live);
    }
    let problem = match world.live.images.get(tagged) {
        Some(Ok(resolved)) => {
            let image = tagged.parse::<Image>().map(|image| image.pinned(&resolved.digest).to_string());
            let platforms = resolved.platforms.iter().cloned().map(portable).collect();
            return Chosen { image: image.unwrap_or_else(|_| tagged.clone()), platforms };
        }
        Some(Err(problem)) => problem.as_str(),
        None => "no registry was asked",
    };
    let kept = same.filter(|live| is_pin_of(&live_image(live), tagged));
    draft.unpinned.note(tagged, problem, &wanted.short, kept.is_some(), wanted.image_place.as_ref());
    kept.map_or_else(|| unpinned(tagged), as_live)
}

fn unpinned(tagged: &str) -> Chosen {
    Chosen { image: tagged.to_owned(), platforms: Vec::new() }
}

/// The image and the platforms of a live service (docker forgets the platforms).
fn as_live(live: &Service) -> Chosen {
    let platforms =
        live.spec.pointer("/TaskTemplate/Placement/Platforms").and_then(serde_json::Value::as_array);
    let platform = |value: &serde_json::Value| {
        let text =
            |key: &str| value.get(key).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        Platform { architecture: text("Architecture"), os: text("OS") }
    };
    Chosen { image: live_image(live), platforms: platforms.into_iter().flatten().map(platform).collect() }
}

fn live_image(live: &Service) -> String {
    let image = live.spec.pointer("/TaskTemplate/ContainerSpec/Image").and_then(serde_json::Value::as_str);
    image.unwrap_or_default().to_owned()
}

fn is_pin_of(live: &str, tagged: &str) -> bool {
    let Ok(live) = live.parse::<Image>() else { return false };
    live.digest().is_some() && (live.to_string() == tagged || live.unpinned().to_string() == tagged)
}

/// docker: "arm" alone says nothing of the variant, so any architecture is let through.
fn portable(mut platform: Platform) -> Platform {
    if platform.architecture == "arm" {
        platform.architecture.clear();
    }
    platform
}
