package dev.isobar.platform.registry;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.platform.managed.CanonicalJson;
import dev.isobar.port.ModelRegistry;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.ObjectStore.ObjectInfo;
import dev.isobar.port.ObjectStore.StoredObject;
import dev.isobar.port.Precondition;
import dev.isobar.port.Resource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A registry whose versions are those of a service, and whose decisions are made in the lake, since the service neither compares nor sets. Of those that register a
 * digest at once each may make a version, but only one writes the digest's record, and the others remove theirs again. Numbers can therefore have gaps, never two
 * models. Thread safe, also between processes.
 *
 * <pre>
 * ROOT/GROUP/digests/HEX.json     which version this digest is, and the package whole
 * ROOT/GROUP/aliases/ALIAS.json   what it points at; the object's version is its token
 * </pre>
 *
 * @since 0.1
 */
public final class RecordedRegistry implements ModelRegistry {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
    private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");
    private static final int PAGE = 1_000;

    private final Catalogue catalogue;
    private final Supplier<ObjectStore> lake;
    private final String root;

    /**
     * A registry on a service.
     *
     * @param lake where records and aliases are kept; asked for when first needed
     * @param root folder of the lake, ends in a slash
     */
    public RecordedRegistry(Catalogue catalogue, Supplier<ObjectStore> lake, String root) {
        this.catalogue = catalogue;
        this.lake = lake;
        this.root = root;
    }

    /** What the lake knows of a digest. */
    private record DigestRecord(int version, ModelPackage model) {
        ModelVersion shown() {
            return new ModelVersion(version, model);
        }
    }

    /** What an alias points at; {@code write} makes every one different, or a token could come back. */
    private record AliasRecord(String alias, int version, String write) {}

    @Override
    public ModelVersion register(ModelPackage model) {
        checkName("register", "group", model.group());
        if (!DIGEST.matcher(model.digest()).matches()) {
            throw invalid("register", model.group(), "The digest '" + model.digest() + "' is not " + DIGEST);
        }
        String key = digestKey(model.group(), model.digest());
        Optional<StoredObject> known = lake.get().get(key);
        if (known.isPresent()) {
            DigestRecord record = read(known.get());
            if (catalogue.digest(model.group(), record.version()).equals(Optional.of(model.digest()))) {
                return record.shown();
            }
            // A record without its version: somebody removed that in the console.
            remove(key, known.get().info().version());
        }
        String instead = known.map(k -> k.info().version()).orElse("");
        return decide(key, new DigestRecord(catalogue.make(model, key, instead), model))
                .shown();
    }

    /** Writes the record, or finds who was first; a version that lost is removed. */
    private DigestRecord decide(String key, DigestRecord mine) {
        while (true) {
            try {
                lake.get().put(key, CanonicalJson.bytes(mine), Precondition.absent());
                return mine;
            } catch (IsobarException e) {
                if (e.code() != ErrorCode.ALREADY_EXISTS) {
                    throw e;
                }
            }
            Optional<DigestRecord> decided = lake.get().get(key).map(RecordedRegistry::read);
            if (decided.isPresent()) {
                if (decided.get().version() != mine.version()) {
                    catalogue.remove(mine.model().group(), mine.version());
                }
                return decided.get();
            }
        }
    }

    @Override
    public Optional<ModelVersion> get(String group, int version) {
        if (version < 1 || !NAME.matcher(group).matches()) {
            return Optional.empty();
        }
        return catalogue
                .digest(group, version)
                .filter(d -> DIGEST.matcher(d).matches())
                .flatMap(d -> lake.get().get(digestKey(group, d)))
                .map(RecordedRegistry::read)
                // A version that has lost to another of its digest is none.
                .filter(r -> r.version() == version)
                .map(DigestRecord::shown);
    }

    @Override
    public List<ModelVersion> list(String group) {
        if (!NAME.matcher(group).matches()) {
            return List.of();
        }
        List<DigestRecord> recorded = new ArrayList<>();
        for (ObjectInfo object : objects(folder(group) + "digests/")) {
            lake.get().get(object.key()).map(RecordedRegistry::read).ifPresent(recorded::add);
        }
        Set<Integer> there = catalogue.versions(group);
        return recorded.stream()
                .filter(r -> there.contains(r.version()))
                .sorted(Comparator.comparing(DigestRecord::version))
                .map(DigestRecord::shown)
                .toList();
    }

    @Override
    public List<String> groups() {
        return catalogue.groups();
    }

    @Override
    public Optional<Alias> alias(String group, String alias) {
        if (!NAME.matcher(group).matches() || !NAME.matcher(alias).matches()) {
            return Optional.empty();
        }
        return lake.get()
                .get(aliasKey(group, alias))
                .map(o -> new Alias(
                        alias,
                        CanonicalJson.read(o.content(), AliasRecord.class, "The alias " + alias + " of " + group)
                                .version(),
                        o.info().version()));
    }

    @Override
    public Alias setAlias(String group, String alias, int version, Precondition precondition) {
        checkName("setAlias", "group", group);
        checkName("setAlias", "alias", alias);
        if (get(group, version).isEmpty()) {
            throw catalogue
                    .error(ErrorCode.NOT_FOUND, "setAlias", group, "Group '" + group + "' has no version " + version)
                    .hint("It has "
                            + list(group).stream().map(ModelVersion::version).toList() + ".")
                    .build();
        }
        @Nullable Alias before = alias(group, alias).orElse(null);
        byte[] record = CanonicalJson.bytes(
                new AliasRecord(alias, version, UUID.randomUUID().toString()));
        ObjectInfo written;
        try {
            written = lake.get().put(aliasKey(group, alias), record, precondition);
        } catch (IsobarException e) {
            throw refused(group, alias, e);
        }
        catalogue.show(group, alias, version, before == null ? OptionalInt.empty() : OptionalInt.of(before.version()));
        return new Alias(alias, version, written.version());
    }

    private IsobarException refused(String group, String alias, IsobarException e) {
        return switch (e.code()) {
            case ALREADY_EXISTS ->
                catalogue
                        .error(
                                ErrorCode.ALREADY_EXISTS,
                                "setAlias",
                                group,
                                "Group '" + group + "' has an alias '" + alias + "' already")
                        .cause(e)
                        .build();
            case CONFLICT ->
                catalogue
                        .error(
                                ErrorCode.CONFLICT,
                                "setAlias",
                                group,
                                "The alias '" + alias + "' of group '" + group + "' was moved by somebody else")
                        .hint("Read it again and decide again.")
                        .cause(e)
                        .build();
            default -> e;
        };
    }

    @Override
    public void delete(String group) {
        checkName("delete", "group", group);
        catalogue.delete(group);
        objects(folder(group)).forEach(o -> lake.get().delete(o.key(), Precondition.none()));
    }

    /** Groups as they stand with the service. */
    public List<Resource> resources() {
        return catalogue.resources();
    }

    private List<ObjectInfo> objects(String prefix) {
        List<ObjectInfo> all = new ArrayList<>();
        String after = null;
        while (true) {
            List<ObjectInfo> page = lake.get().list(prefix, after, PAGE);
            all.addAll(page);
            if (page.size() < PAGE) {
                return all;
            }
            after = page.get(page.size() - 1).key();
        }
    }

    private void remove(String key, String version) {
        try {
            lake.get().delete(key, Precondition.version(version));
        } catch (IsobarException e) {
            if (e.code() != ErrorCode.CONFLICT) {
                throw e;
            }
        }
    }

    private static DigestRecord read(StoredObject object) {
        return CanonicalJson.read(
                object.content(), DigestRecord.class, object.info().key());
    }

    private String folder(String group) {
        return root + group + "/";
    }

    private String digestKey(String group, String digest) {
        return folder(group) + "digests/" + digest.substring("sha256:".length()) + ".json";
    }

    private String aliasKey(String group, String alias) {
        return folder(group) + "aliases/" + alias + ".json";
    }

    private void checkName(String operation, String what, String name) {
        if (!NAME.matcher(name).matches()) {
            throw invalid(operation, name, "The " + what + "'s name '" + name + "' is not " + NAME);
        }
    }

    private IsobarException invalid(String operation, String resource, String message) {
        return catalogue
                .error(ErrorCode.INVALID_ARGUMENT, operation, resource, message)
                .build();
    }
}
