//! The public paths of a library, read from its sources: modules, items, fields, variants, methods. Implementations of
//! traits are not listed. What is public but hides from documentation is marked as hidden.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use syn::{Fields, ImplItem, Item, TraitItem, Type, UseTree, Visibility};

/// Where a name leads.
#[derive(Clone, Debug)]
enum Target {
    Module(usize),
    Item(usize),
    /// What is imported, by its path.
    Import(Vec<String>),
}

#[derive(Clone, Debug)]
struct Name {
    public: bool,
    hidden: bool,
    target: Target,
}

#[derive(Default)]
struct Module {
    parent: Option<usize>,
    names: BTreeMap<String, Vec<Name>>,
    /// Paths of `use path::*`, with whether they are public.
    globs: Vec<(bool, Vec<String>)>,
}

/// Kind and name.
type Member = (&'static str, String);

/// A definition.
struct Defined {
    kind: &'static str,
    /// Fields, variants, items of a trait, methods.
    members: BTreeSet<Member>,
}

/// A library by its sources.
pub struct Library {
    modules: Vec<Module>,
    items: Vec<Defined>,
    /// Implementations without a trait: module, name of the type, members.
    impls: Vec<(usize, Vec<String>, Vec<Member>)>,
    /// Calls of macros that define items, where somebody has to look: a scan does not expand them.
    pub macros: BTreeSet<String>,
}

/// What is found on the way through the public modules.
#[derive(Default)]
struct Found {
    /// By item: its public paths.
    paths: BTreeMap<usize, BTreeSet<Vec<String>>>,
    /// Those of them that hide.
    hidden: BTreeSet<Vec<String>>,
    lines: Vec<String>,
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// Whether there is an attribute such as `#[cfg(test)]`, with one of these words.
fn has(attributes: &[syn::Attribute], name: &str, words: &[&str]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident(name)
            && matches!(&attribute.meta, syn::Meta::List(list) if words.contains(&list.tokens.to_string().as_str()))
    })
}

/// Compiled for tests alone.
fn is_left_out(attributes: &[syn::Attribute]) -> bool {
    has(attributes, "cfg", &["test", "doctest"])
}

fn attributes(item: &Item) -> &[syn::Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn fields(fields: &Fields, all: bool) -> impl Iterator<Item = String> + '_ {
    let public = fields.iter().enumerate().filter(move |(_, field)| all || is_public(&field.vis));
    public.map(|(i, field)| field.ident.as_ref().map_or(i.to_string(), ToString::to_string))
}

impl Library {
    /// Reads the library whose root is this file.
    pub fn read(root: &Path) -> Library {
        let text = fs::read_to_string(root).unwrap_or_else(|e| panic!("{}: {e}", root.display()));
        let folder = root.parent().map(Path::to_path_buf);
        Library::of(&text, &|names| {
            let folder = folder.clone().unwrap_or_default();
            let stem: PathBuf = names.iter().fold(folder, |path, name| path.join(name));
            let files = [stem.with_extension("rs"), stem.join("mod.rs")];
            files.iter().find_map(|file| fs::read_to_string(file).ok()).unwrap_or_else(|| panic!("no module {names:?}"))
        })
    }

    /// The same, of a text and those of its modules, by their paths.
    pub fn of(root: &str, file: &dyn Fn(&[String]) -> String) -> Library {
        let mut library = Library { modules: vec![], items: vec![], impls: vec![], macros: BTreeSet::new() };
        library.add_module(None, &[], parse(root), file);
        library
    }

    fn add_module(
        &mut self,
        parent: Option<usize>,
        path: &[String],
        items: Vec<Item>,
        file: &dyn Fn(&[String]) -> String,
    ) -> usize {
        let module = self.modules.len();
        self.modules.push(Module { parent, ..Module::default() });
        for item in items {
            if !is_left_out(attributes(&item)) {
                self.add_item(module, path, item, file);
            }
        }
        module
    }

    fn define(&mut self, kind: &'static str, members: Vec<Member>) -> Target {
        self.items.push(Defined { kind, members: members.into_iter().collect() });
        Target::Item(self.items.len() - 1)
    }

    fn add_item(&mut self, module: usize, path: &[String], item: Item, file: &dyn Fn(&[String]) -> String) {
        let hidden = has(attributes(&item), "doc", &["hidden"]);
        let (visibility, name, target) = match item {
            Item::Mod(item) => {
                let name = item.ident.to_string();
                let path = [path, std::slice::from_ref(&name)].concat();
                let items = item.content.map(|(_, items)| items).unwrap_or_else(|| parse(&file(&path)));
                let target = Target::Module(self.add_module(Some(module), &path, items, file));
                (item.vis, name, target)
            }
            Item::Use(item) => return self.add_use(module, is_public(&item.vis), hidden, &mut vec![], &item.tree),
            Item::Struct(item) => {
                let members = fields(&item.fields, false).map(|name| ("field", name)).collect();
                (item.vis, item.ident.to_string(), self.define("struct", members))
            }
            Item::Enum(item) => {
                let of_variant = |variant: &syn::Variant| {
                    let name = variant.ident.to_string();
                    let named = matches!(variant.fields, Fields::Named(_));
                    let fields = fields(&variant.fields, true).filter(|_| named).map(|field| format!("{name}::{field}"));
                    let fields: Vec<_> = fields.map(|name| ("field", name)).collect();
                    [vec![("variant", name)], fields].concat()
                };
                let members = item.variants.iter().flat_map(of_variant).collect();
                (item.vis, item.ident.to_string(), self.define("enum", members))
            }
            Item::Trait(item) => {
                let member = |item: &TraitItem| match item {
                    TraitItem::Const(item) => Some(("const", item.ident.to_string())),
                    TraitItem::Fn(item) => Some(("fn", item.sig.ident.to_string())),
                    TraitItem::Type(item) => Some(("type", item.ident.to_string())),
                    _ => None,
                };
                let members = item.items.iter().filter_map(member).collect();
                (item.vis, item.ident.to_string(), self.define("trait", members))
            }
            Item::Fn(item) => (item.vis, item.sig.ident.to_string(), self.define("fn", vec![])),
            Item::Const(item) => (item.vis, item.ident.to_string(), self.define("const", vec![])),
            Item::Static(item) => (item.vis, item.ident.to_string(), self.define("static", vec![])),
            Item::Type(item) => (item.vis, item.ident.to_string(), self.define("type", vec![])),
            Item::Impl(item) => return self.add_impl(module, item),
            Item::Macro(item) => {
                let name = item.mac.path.segments.last().map_or(String::new(), |segment| segment.ident.to_string());
                if name != "macro_rules" {
                    self.macros.insert(format!("{}::{name}!", path.join("::")));
                }
                return;
            }
            _ => return,
        };
        let entry = Name { public: is_public(&visibility), hidden, target };
        self.modules[module].names.entry(name).or_default().push(entry);
    }

    fn add_use(&mut self, module: usize, public: bool, hidden: bool, path: &mut Vec<String>, tree: &UseTree) {
        let mut add = |name: String, path: Vec<String>| {
            let entry = Name { public, hidden, target: Target::Import(path) };
            self.modules[module].names.entry(name).or_default().push(entry);
        };
        match tree {
            UseTree::Path(tree) => {
                path.push(tree.ident.to_string());
                self.add_use(module, public, hidden, path, &tree.tree);
                path.pop();
            }
            UseTree::Name(tree) if tree.ident == "self" => {
                let name = path.last().cloned().unwrap_or_default();
                add(name, path.clone());
            }
            UseTree::Name(tree) => {
                let name = tree.ident.to_string();
                add(name.clone(), [&path[..], &[name]].concat());
            }
            UseTree::Rename(tree) => {
                let from = [&path[..], &[tree.ident.to_string()]].concat();
                add(tree.rename.to_string(), from);
            }
            UseTree::Glob(_) => self.modules[module].globs.push((public, path.clone())),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.add_use(module, public, hidden, path, tree);
                }
            }
        }
    }

    fn add_impl(&mut self, module: usize, item: syn::ItemImpl) {
        let Type::Path(of) = &*item.self_ty else { return };
        if item.trait_.is_some() {
            return;
        }
        let segments = of.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let member = |item: &ImplItem| match item {
            ImplItem::Const(item) if is_public(&item.vis) && !is_left_out(&item.attrs) => {
                Some(("const", item.ident.to_string()))
            }
            ImplItem::Fn(item) if is_public(&item.vis) && !is_left_out(&item.attrs) => {
                Some(("fn", item.sig.ident.to_string()))
            }
            _ => None,
        };
        self.impls.push((module, segments, item.items.iter().filter_map(member).collect()));
    }

    /// Where a path leads that is written in this module; nowhere, if into another crate.
    fn resolve(&self, module: usize, path: &[String], depth: usize) -> Vec<Target> {
        let [first, rest @ ..] = path else { return vec![Target::Module(module)] };
        if depth > 20 {
            return vec![]; // a glob that leads back
        }
        let parent = self.modules[module].parent;
        match first.as_str() {
            "crate" => return self.resolve(0, rest, depth + 1),
            "self" => return self.resolve(module, rest, depth + 1),
            "super" => return parent.map_or(vec![], |parent| self.resolve(parent, rest, depth + 1)),
            _ => {}
        }
        let mut found = Vec::new();
        let names = self.modules[module].names.get(first).into_iter().flatten();
        for name in names {
            match &name.target {
                Target::Import(path) if path.as_slice() == std::slice::from_ref(first) => {}
                Target::Import(path) => found.extend(self.resolve(module, path, depth + 1)),
                target => found.push(target.clone()),
            }
        }
        if found.is_empty() {
            for (_, glob) in &self.modules[module].globs {
                for target in self.resolve(module, glob, depth + 1) {
                    if let Target::Module(other) = target
                        && other != module
                    {
                        found.extend(self.resolve(other, std::slice::from_ref(first), depth + 1));
                    }
                }
            }
        }
        if rest.is_empty() {
            return found;
        }
        let inside = found.into_iter().filter_map(|target| if let Target::Module(m) = target { Some(m) } else { None });
        inside.flat_map(|inner| self.resolve(inner, rest, depth + 1)).collect()
    }

    /// Everything that another crate can name, as "kind path", by path; "kind path = path" is another name for the same.
    pub fn public(&self) -> Vec<String> {
        let mut found = Found::default();
        self.visit(0, &[], false, &mut found);
        let mut members: BTreeMap<usize, BTreeSet<Member>> = BTreeMap::new();
        for (module, of, list) in &self.impls {
            for target in self.resolve(*module, of, 0) {
                if let Target::Item(item) = target {
                    members.entry(item).or_default().extend(list.iter().cloned());
                }
            }
        }
        let Found { paths, hidden, mut lines } = found;
        for (item, paths) in paths {
            let Defined { kind, members: own } = &self.items[item];
            // Its own path is one in a module, and not in the prelude.
            let rank = |path: &&Vec<String>| (path.len() < 2 || path[0] == "prelude", path.len(), (*path).clone());
            let Some(first) = paths.iter().min_by_key(rank) else { continue };
            let mark = |path| if hidden.contains(path) { "hidden " } else { "" };
            for path in &paths {
                let line = format!("{}{kind} {}", mark(path), path.join("::"));
                lines.push(if path == first { line } else { format!("{line} = {}", first.join("::")) });
            }
            let all = own.iter().chain(members.get(&item).into_iter().flatten());
            lines.extend(all.map(|(kind, name)| format!("{}{kind} {}::{name}", mark(first), first.join("::"))));
        }
        let by_path = |line: &String| {
            let words: Vec<&str> = line.trim_start_matches("hidden ").split(' ').collect();
            (words.get(1).map(ToString::to_string), line.clone())
        };
        lines.sort_by_key(by_path);
        lines
    }

    fn visit(&self, module: usize, path: &[String], hides: bool, found: &mut Found) {
        let named = self.modules[module].names.iter().flat_map(|(name, entries)| entries.iter().map(move |e| (name, e)));
        for (name, entry) in named.filter(|(_, entry)| entry.public) {
            let path = [path, std::slice::from_ref(name)].concat();
            let hides = hides || entry.hidden;
            let mark = if hides { "hidden " } else { "" };
            let targets = match &entry.target {
                Target::Import(import) => self.resolve(module, import, 0),
                target => vec![target.clone()],
            };
            if targets.is_empty() {
                found.lines.push(format!("{mark}use {}", path.join("::"))); // of another crate, or made by a macro
            }
            for target in targets {
                match target {
                    Target::Item(item) => {
                        found.paths.entry(item).or_default().insert(path.clone());
                        if hides {
                            found.hidden.insert(path.clone());
                        }
                    }
                    Target::Module(inner) => {
                        found.lines.push(format!("{mark}mod {}", path.join("::")));
                        self.visit(inner, &path, hides, found);
                    }
                    Target::Import(_) => {}
                }
            }
        }
        for (_, glob) in self.modules[module].globs.iter().filter(|(public, _)| *public) {
            for target in self.resolve(module, glob, 0) {
                if let Target::Module(inner) = target {
                    self.visit(inner, path, hides, found);
                }
            }
        }
    }
}

fn parse(text: &str) -> Vec<Item> {
    syn::parse_file(text).unwrap_or_else(|e| panic!("{e}")).items
}
