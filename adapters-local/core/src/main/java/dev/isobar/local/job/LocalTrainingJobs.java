package dev.isobar.local.job;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.local.file.AtomicFiles;
import dev.isobar.local.file.FileMutex;
import dev.isobar.local.file.Json;
import dev.isobar.local.file.LocalHome;
import dev.isobar.local.job.JobFile.Cancellation;
import dev.isobar.local.job.JobFile.Outcome;
import dev.isobar.local.process.Launch;
import dev.isobar.local.process.LogTail;
import dev.isobar.local.process.ProcessIdentity;
import dev.isobar.local.process.ProcessRecord;
import dev.isobar.local.process.ProcessTable;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.ObjectStore.ObjectInfo;
import dev.isobar.port.Precondition;
import dev.isobar.port.Resource;
import dev.isobar.port.TrainingJobs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Training jobs as processes of this machine. A job belongs to nobody: its process outlives the command that started it, a small shell around it
 * keeps its exit code, and whoever asks next carries it on — stores its output, ends it when its time is up. Thread safe, also between processes.
 *
 * <pre>
 * jobs/NAME/job.json       what was asked; the job exists from here on
 * jobs/NAME/ml/            input/, model/, output/ as in a training container
 * jobs/NAME/log            what it wrote
 * jobs/NAME/started        the shell began
 * jobs/NAME/exit           its exit code
 * jobs/NAME/cancel.json    it shall end
 * jobs/NAME/outcome.json   it has ended, its output is stored
 * </pre>
 *
 * @since 0.1
 */
public final class LocalTrainingJobs implements TrainingJobs {
    private static final String TRAINER = "trainer";
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,199}");
    private static final int FAILURE_CHARACTERS = 1024;
    private static final int FAILURE_LINES = 12;
    private static final int PAGE = 1_000;
    private static final long GRACE_MILLIS = 5_000;

    /**
     * Keeps the exit code where it outlives everybody. $1 is the job's folder, the rest the command. SIGTERM is meant for the trainer: the shell
     * traps it, which a child, unlike an ignored signal, does not inherit.
     */
    private static final String SHELL = "trap : TERM; d=$1; shift; : > \"$d/started\"; \"$@\"; c=$?;"
            + " echo $c > \"$d/exit.new\" && { sync \"$d/exit.new\" 2>/dev/null || :; } && mv -f \"$d/exit.new\" \"$d/exit\"; exit $c";

    private final LocalHome home;
    private final ProcessTable table;
    private final Supplier<ObjectStore> lake;

    /**
     * Jobs under a home.
     *
     * @param lake where channels come from and output goes to; asked for when first needed
     */
    public LocalTrainingJobs(LocalHome home, Supplier<ObjectStore> lake) {
        this.home = home;
        this.lake = lake;
        this.table = ProcessTable.of(home);
    }

    @Override
    public JobStatus submit(TrainingJob job) {
        check(job);
        underLock(job.name(), () -> {
            JobFile known = job(job.name()).orElse(null);
            if (known == null) {
                prepare(job);
            } else if (!known.asks(job)) {
                throw error(
                                ErrorCode.CONFLICT,
                                "submit",
                                job.name(),
                                "There is a job '" + job.name() + "' that does something else")
                        .hint("A job is named by what it does: give the new one another name.")
                        .build();
            }
            startIfNobodyDid(job.name());
            return true;
        });
        return describe(job.name()).orElseThrow(() -> gone("submit", job.name()));
    }

    private void prepare(TrainingJob job) throws IOException {
        Path folder = folder(job.name());
        // What a killed predecessor half prepared: without job.json there never was a job.
        AtomicFiles.deleteTree(folder);
        Path ml = folder.resolve("ml");
        for (String directory : List.of("input/config", "input/data", "model", "output")) {
            AtomicFiles.makeDirectories(ml.resolve(directory));
        }
        for (Map.Entry<String, String> channel : job.channels().entrySet()) {
            fill(ml.resolve("input/data").resolve(channel.getKey()), channel.getValue(), job.name());
        }
        Path config = ml.resolve("input/config");
        Map<String, Object> inputs = new TreeMap<>();
        job.channels().keySet().forEach(c -> inputs.put(c, Map.of("TrainingInputMode", "File")));
        Files.write(config.resolve("hyperparameters.json"), Json.bytes(new TreeMap<>(job.hyperparameters())));
        Files.write(config.resolve("inputdataconfig.json"), Json.bytes(inputs));
        Files.write(
                config.resolve("resourceconfig.json"),
                Json.bytes(
                        Map.of("current_host", "algo-1", "hosts", List.of("algo-1"), "network_interface_name", "lo")));
        AtomicFiles.replace(folder.resolve("job.json"), Json.bytes(JobFile.of(job, ProcessTable.newTag())));
    }

    private void fill(Path folder, String prefix, String job) {
        AtomicFiles.makeDirectories(folder);
        ObjectStore store = lake.get();
        if (!prefix.endsWith("/") && store.head(prefix).isPresent()) {
            store.getFile(prefix, folder.resolve(prefix.substring(prefix.lastIndexOf('/') + 1)));
            return;
        }
        String root = prefix.endsWith("/") ? prefix : prefix + "/";
        String after = null;
        int files = 0;
        while (true) {
            List<ObjectInfo> page = store.list(root, after, PAGE);
            for (ObjectInfo object : page) {
                Path file = folder.resolve(object.key().substring(root.length()));
                Path parent = file.getParent();
                if (parent != null) {
                    AtomicFiles.makeDirectories(parent);
                }
                store.getFile(object.key(), file);
                files++;
            }
            if (page.size() < PAGE) {
                break;
            }
            after = page.get(page.size() - 1).key();
        }
        if (files == 0) {
            throw error(
                            ErrorCode.NOT_FOUND,
                            "submit",
                            job,
                            "The channel '" + folder.getFileName() + "' of job '" + job + "' has no object under "
                                    + root)
                    .hint("The step before this one stores it; run the pipeline from there.")
                    .build();
        }
    }

    private void startIfNobodyDid(String name) {
        JobFile job = job(name).orElseThrow(() -> gone("submit", name));
        Path folder = folder(name);
        if (Files.exists(folder.resolve("started"))
                || Files.exists(folder.resolve("outcome.json"))
                || Files.exists(folder.resolve("cancel.json"))
                || table.find(job.tag()).isPresent()) {
            return;
        }
        List<String> command = new ArrayList<>(List.of("sh", "-c", SHELL, job.tag(), folder.toString()));
        command.addAll(job.workload().command());
        Map<String, String> environment = new TreeMap<>(job.workload().environment());
        environment.put("ISOBAR_ML_DIR", folder.resolve("ml").toString());
        table.start(new Launch(TRAINER, name, command, environment, folder, log(name), Map.of("job", name)), job.tag());
    }

    @Override
    public Optional<JobStatus> describe(String name) {
        if (!NAME.matcher(name).matches()) {
            return Optional.empty();
        }
        return job(name).map(this::status);
    }

    private JobStatus status(JobFile job) {
        Optional<Outcome> ended = outcome(job.name());
        if (ended.isPresent()) {
            return status(job, ended.get());
        }
        Optional<ProcessRecord> process = table.find(job.tag());
        // Asked in this order: an exit code that comes after the process was seen gone is still found.
        Optional<Integer> exit = exitCode(job.name());
        if (exit.isEmpty() && process.isPresent()) {
            return running(job, process.get());
        }
        if (exit.isEmpty()
                && !Files.exists(folder(job.name()).resolve("started"))
                && cancellation(job.name()).isEmpty()) {
            // Its submitter was killed before it began: submitting again starts it.
            return new JobStatus(job.name(), JobState.PENDING, "prepared", null, null, job.labels());
        }
        return status(job, underLock(job.name(), () -> conclude(job)));
    }

    private static JobStatus status(JobFile job, Outcome outcome) {
        return new JobStatus(job.name(), outcome.state(), outcome.rawState(), outcome.failure(), null, job.labels());
    }

    private JobStatus running(JobFile job, ProcessRecord process) {
        Optional<Cancellation> cancelled = cancellation(job.name());
        long now = System.currentTimeMillis();
        if (cancelled.isEmpty() && now - job.submittedAt() > job.timeoutMillis()) {
            cancel(job, "timeout: it ran longer than " + job.timeoutMillis() / 1000.0 + " s");
            cancelled = cancellation(job.name());
        }
        if (cancelled.isPresent() && now - cancelled.get().at() > GRACE_MILLIS) {
            table.kill(process);
            return status(job, underLock(job.name(), () -> conclude(job)));
        }
        boolean stopping = cancelled.isPresent();
        return new JobStatus(
                job.name(),
                stopping ? JobState.STOPPING : JobState.RUNNING,
                stopping ? "stopping" : "running",
                null,
                trainer(process),
                job.labels());
    }

    /** The trainer itself rather than the shell around it, as soon as there is one. */
    private @Nullable Long trainer(ProcessRecord process) {
        ProcessIdentity shell = process.process();
        if (shell == null) {
            return null;
        }
        return ProcessHandle.of(shell.pid())
                .flatMap(h -> h.children().findFirst())
                .map(ProcessHandle::pid)
                .orElse(shell.pid());
    }

    /** Under the lock: the process is gone; says what that means, once and for all. */
    private Outcome conclude(JobFile job) throws IOException {
        Optional<Outcome> before = outcome(job.name());
        if (before.isPresent()) {
            return before.get();
        }
        Optional<Integer> exit = exitCode(job.name());
        Optional<Cancellation> cancelled = cancellation(job.name());
        Outcome outcome;
        if (exit.isPresent() && exit.get() == 0) {
            outcome = store(job);
        } else if (cancelled.isPresent()) {
            outcome =
                    new Outcome(JobState.CANCELLED, "cancelled", cancelled.get().reason());
        } else if (exit.isPresent()) {
            outcome = new Outcome(JobState.FAILED, "exit " + exit.get(), failure(job, exit.get()));
        } else {
            outcome = new Outcome(
                    JobState.FAILED,
                    "lost",
                    "The trainer is gone without an exit code: it was killed, or the machine was restarted."
                            + tail(job.name()));
        }
        // Nothing of it may run on: the shell may be gone and a child of the trainer not.
        table.find(job.tag()).ifPresent(table::kill);
        AtomicFiles.replace(folder(job.name()).resolve("outcome.json"), Json.bytes(outcome));
        return outcome;
    }

    /** Stores model/ and output/ in the lake. Again after a crash: the same bytes under the same keys. */
    private Outcome store(JobFile job) throws IOException {
        Path ml = folder(job.name()).resolve("ml");
        String root = job.output().endsWith("/") ? job.output() : job.output() + "/";
        for (String part : List.of("output", "model")) {
            List<Path> files;
            try (Stream<Path> walk = Files.walk(ml.resolve(part))) {
                files = walk.filter(Files::isRegularFile).sorted().toList();
            }
            for (Path file : files) {
                String key = root + ml.relativize(file).toString().replace('\\', '/');
                try {
                    lake.get().putFile(key, file, Precondition.none());
                } catch (IsobarException e) {
                    if (e.code() != ErrorCode.INVALID_ARGUMENT) {
                        throw e;
                    }
                    return new Outcome(
                            JobState.FAILED,
                            "exit 0",
                            "The trainer wrote a file that the lake cannot name: " + file.getFileName() + ". "
                                    + e.getMessage());
                }
            }
        }
        return new Outcome(JobState.SUCCEEDED, "exit 0", null);
    }

    private String failure(JobFile job, int exit) throws IOException {
        Path file = folder(job.name()).resolve("ml/output/failure");
        if (Files.exists(file)) {
            String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8).strip();
            if (!text.isEmpty()) {
                return shortened(text);
            }
        }
        String how = exit > 128 ? " (signal " + (exit - 128) + ")" : "";
        return shortened("The trainer ended with exit code " + exit + how + "." + tail(job.name()));
    }

    private String tail(String name) {
        List<String> lines = LogTail.last(log(name), FAILURE_LINES);
        return lines.isEmpty()
                ? " It wrote nothing: was the disk full? "
                        + (home.root().toFile().getUsableSpace() >> 20) + " MiB are free there now."
                : " Its last lines:\n" + String.join("\n", lines);
    }

    private static String shortened(String text) {
        return text.length() <= FAILURE_CHARACTERS ? text : text.substring(0, FAILURE_CHARACTERS - 1) + "…";
    }

    @Override
    public List<JobStatus> list(Map<String, String> labels) {
        List<JobStatus> found = new ArrayList<>();
        for (String name : names()) {
            job(name)
                    .filter(j -> j.labels().entrySet().containsAll(labels.entrySet()))
                    .map(this::status)
                    .ifPresent(found::add);
        }
        return List.copyOf(found);
    }

    private List<String> names() {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(home.jobs())) {
            for (Path folder : folders) {
                String name = String.valueOf(folder.getFileName());
                if (NAME.matcher(name).matches()) {
                    names.add(name);
                }
            }
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw IsobarException.io("listing jobs", e);
        }
        names.sort(null);
        return names;
    }

    @Override
    public List<String> logs(String name, int from, int limit) {
        checkName("logs", name);
        if (job(name).isEmpty()) {
            throw gone("logs", name);
        }
        if (from < 0 || limit < 0) {
            throw error(
                            ErrorCode.INVALID_ARGUMENT,
                            "logs",
                            name,
                            "from and limit are not negative: " + from + ", " + limit)
                    .build();
        }
        try (Stream<String> lines = Files.lines(log(name), StandardCharsets.ISO_8859_1)) {
            // Read as bytes, turned into text line by line: one torn character must not hide a log.
            return lines.skip(from)
                    .limit(limit)
                    .map(l -> new String(l.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8))
                    .toList();
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw IsobarException.io("reading the log of job " + name, e);
        }
    }

    @Override
    public void cancel(String name) {
        checkName("cancel", name);
        JobFile job = job(name).orElseThrow(() -> gone("cancel", name));
        if (!status(job).state().terminal()) {
            cancel(job, "cancelled on request");
        }
    }

    private void cancel(JobFile job, String reason) {
        AtomicFiles.createExclusively(
                folder(job.name()).resolve("cancel.json"),
                Json.bytes(new Cancellation(reason, System.currentTimeMillis())));
        table.find(job.tag()).ifPresent(table::terminate);
    }

    @Override
    public void delete(String name) {
        checkName("delete", name);
        Optional<JobFile> job = job(name);
        if (job.isEmpty()) {
            return;
        }
        if (!status(job.get()).state().terminal()) {
            throw error(ErrorCode.IN_USE, "delete", name, "Job '" + name + "' has not ended")
                    .hint("Cancel it first.")
                    .build();
        }
        underLock(name, () -> {
            AtomicFiles.discard(folder(name).resolve("job.json"));
            AtomicFiles.deleteTree(folder(name));
            return true;
        });
    }

    /** Every job. */
    public List<Resource> resources() {
        return list(Map.of()).stream()
                .map(s -> new Resource(
                        "job",
                        s.name(),
                        s.name(),
                        s.state().name().toLowerCase(java.util.Locale.ROOT),
                        null,
                        Map.of("log", log(s.name()).toString())))
                .toList();
    }

    private Optional<Integer> exitCode(String name) {
        Path file = folder(name).resolve("exit");
        try {
            return Optional.of(Integer.valueOf(Files.readString(file).strip()));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (NumberFormatException e) {
            // Torn by a power loss: as good as none.
            return Optional.empty();
        } catch (IOException e) {
            throw IsobarException.io("reading " + file, e);
        }
    }

    private Optional<JobFile> job(String name) {
        return Json.read(folder(name).resolve("job.json"), JobFile.class);
    }

    private Optional<Outcome> outcome(String name) {
        return Json.read(folder(name).resolve("outcome.json"), Outcome.class);
    }

    private Optional<Cancellation> cancellation(String name) {
        return Json.read(folder(name).resolve("cancel.json"), Cancellation.class);
    }

    private Path folder(String name) {
        return home.jobs().resolve(name);
    }

    private Path log(String name) {
        return folder(name).resolve("log");
    }

    private <T> T underLock(String name, FileMutex.Work<T> work) {
        return FileMutex.withLock(home.jobs().resolve(".locks").resolve(name), work);
    }

    private void check(TrainingJob job) {
        checkName("submit", job.name());
        job.channels().keySet().forEach(c -> checkName("submit", c));
        if (job.workload().command().isEmpty()) {
            throw error(
                            ErrorCode.INVALID_ARGUMENT,
                            "submit",
                            job.name(),
                            "Job '" + job.name() + "' has no command to start")
                    .build();
        }
        if (job.timeout().isNegative() || job.timeout().isZero()) {
            throw error(ErrorCode.INVALID_ARGUMENT, "submit", job.name(), "Job '" + job.name() + "' has no time to run")
                    .build();
        }
    }

    private void checkName(String operation, String name) {
        if (!NAME.matcher(name).matches()) {
            throw error(ErrorCode.INVALID_ARGUMENT, operation, name, "The name '" + name + "' is not " + NAME)
                    .build();
        }
    }

    private IsobarException gone(String operation, String name) {
        return error(ErrorCode.NOT_FOUND, operation, name, "There is no job '" + name + "'")
                .hint("`isobar status` lists those there are.")
                .build();
    }

    private IsobarException.Builder error(ErrorCode code, String operation, String name, String message) {
        return IsobarException.of(code, message)
                .adapter(home.instance())
                .at("TrainingJobs", operation)
                .resource(name);
    }
}
