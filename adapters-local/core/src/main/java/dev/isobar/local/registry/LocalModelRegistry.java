package dev.isobar.local.registry;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.local.file.AtomicFiles;
import dev.isobar.local.file.FileMutex;
import dev.isobar.local.file.Json;
import dev.isobar.local.file.LocalHome;
import dev.isobar.port.ModelRegistry;
import dev.isobar.port.Precondition;
import dev.isobar.port.Resource;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A model registry in a directory. Readers take no lock; writers of one group take turns. Thread safe, also between processes.
 *
 * @since 0.1
 */
public final class LocalModelRegistry implements ModelRegistry {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
    private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");
    private static final String SUFFIX = ".json";

    private final LocalHome home;

    /** The registry under a home. */
    public LocalModelRegistry(LocalHome home) {
        this.home = home;
    }

    /** A group's document. */
    record GroupFile(List<ModelVersion> versions, Map<String, Alias> aliases) {}

    @Override
    public ModelVersion register(ModelPackage model) {
        checkName("register", "group", model.group());
        if (!DIGEST.matcher(model.digest()).matches()) {
            throw error(
                            ErrorCode.INVALID_ARGUMENT,
                            "register",
                            model.group(),
                            "The digest '" + model.digest() + "' is not " + DIGEST)
                    .build();
        }
        return underLock(model.group(), () -> {
            GroupFile group = group(model.group());
            Optional<ModelVersion> known = group.versions().stream()
                    .filter(v -> v.model().digest().equals(model.digest()))
                    .findFirst();
            if (known.isPresent()) {
                return known.get();
            }
            ModelVersion version = new ModelVersion(group.versions().size() + 1, model);
            List<ModelVersion> versions = new ArrayList<>(group.versions());
            versions.add(version);
            write(model.group(), new GroupFile(versions, group.aliases()));
            return version;
        });
    }

    @Override
    public Optional<ModelVersion> get(String group, int version) {
        return list(group).stream().filter(v -> v.version() == version).findFirst();
    }

    @Override
    public List<ModelVersion> list(String group) {
        return NAME.matcher(group).matches() ? List.copyOf(group(group).versions()) : List.of();
    }

    @Override
    public List<String> groups() {
        List<String> groups = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(home.registry(), "*" + SUFFIX)) {
            for (Path file : files) {
                if (!AtomicFiles.isTemporary(file)) {
                    String name = String.valueOf(file.getFileName());
                    groups.add(name.substring(0, name.length() - SUFFIX.length()));
                }
            }
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw IsobarException.io("listing the model registry", e);
        }
        groups.sort(null);
        return List.copyOf(groups);
    }

    @Override
    public Optional<Alias> alias(String group, String alias) {
        return NAME.matcher(group).matches()
                ? Optional.ofNullable(group(group).aliases().get(alias))
                : Optional.empty();
    }

    @Override
    public Alias setAlias(String group, String alias, int version, Precondition precondition) {
        checkName("setAlias", "group", group);
        checkName("setAlias", "alias", alias);
        return underLock(group, () -> {
            GroupFile before = group(group);
            if (version < 1 || version > before.versions().size()) {
                throw error(ErrorCode.NOT_FOUND, "setAlias", group, "Group '" + group + "' has no version " + version)
                        .hint("It has " + before.versions().size() + " versions.")
                        .build();
            }
            check(group, alias, before.aliases().get(alias), precondition);
            // Never used twice, also not after an alias went back to what it was, or its group was made anew.
            Alias set = new Alias(alias, version, UUID.randomUUID().toString());
            Map<String, Alias> aliases = new TreeMap<>(before.aliases());
            aliases.put(alias, set);
            write(group, new GroupFile(before.versions(), aliases));
            return set;
        });
    }

    private void check(String group, String alias, @Nullable Alias current, Precondition precondition) {
        if (precondition instanceof Precondition.Absent && current != null) {
            throw error(
                            ErrorCode.ALREADY_EXISTS,
                            "setAlias",
                            group,
                            "Group '" + group + "' has an alias '" + alias + "' already")
                    .build();
        }
        if (precondition instanceof Precondition.Version expected
                && (current == null || !current.token().equals(expected.version()))) {
            throw error(
                            ErrorCode.CONFLICT,
                            "setAlias",
                            group,
                            "The alias '" + alias + "' of group '" + group + "' was moved by somebody else")
                    .hint("Read it again and decide again.")
                    .build();
        }
    }

    @Override
    public void delete(String group) {
        checkName("delete", "group", group);
        underLock(group, () -> {
            AtomicFiles.discard(file(group));
            return true;
        });
    }

    /** Every version of every model. */
    public List<Resource> resources() {
        List<Resource> resources = new ArrayList<>();
        for (String name : groups()) {
            GroupFile group = group(name);
            for (ModelVersion v : group.versions()) {
                List<String> aliases = group.aliases().values().stream()
                        .filter(a -> a.version() == v.version())
                        .map(Alias::alias)
                        .toList();
                resources.add(new Resource(
                        "model",
                        name + "/" + v.version(),
                        v.model().digest(),
                        aliases.isEmpty() ? "registered" : String.join(",", aliases),
                        null,
                        Map.of("artifact", v.model().artifact())));
            }
        }
        return List.copyOf(resources);
    }

    private GroupFile group(String group) {
        return Json.read(file(group), GroupFile.class).orElse(new GroupFile(List.of(), Map.of()));
    }

    private void write(String group, GroupFile content) {
        AtomicFiles.replace(file(group), Json.bytes(content));
    }

    private Path file(String group) {
        return home.registry().resolve(group + SUFFIX);
    }

    private <T> T underLock(String group, FileMutex.Work<T> work) {
        return FileMutex.withLock(home.registry().resolve(".locks").resolve(group), work);
    }

    private void checkName(String operation, String what, String name) {
        if (!NAME.matcher(name).matches()) {
            throw error(
                            ErrorCode.INVALID_ARGUMENT,
                            operation,
                            name,
                            "The " + what + "'s name '" + name + "' is not " + NAME)
                    .build();
        }
    }

    private IsobarException.Builder error(ErrorCode code, String operation, String group, String message) {
        return IsobarException.of(code, message)
                .adapter(home.instance())
                .at("ModelRegistry", operation)
                .resource(group);
    }
}
