package dev.isobar.emulator.gcp.vertex;

import com.google.cloud.aiplatform.v1.CancelCustomJobRequest;
import com.google.cloud.aiplatform.v1.ContainerSpec;
import com.google.cloud.aiplatform.v1.CreateCustomJobRequest;
import com.google.cloud.aiplatform.v1.CustomJob;
import com.google.cloud.aiplatform.v1.CustomJobSpec;
import com.google.cloud.aiplatform.v1.DeleteCustomJobRequest;
import com.google.cloud.aiplatform.v1.DeleteOperationMetadata;
import com.google.cloud.aiplatform.v1.EnvVar;
import com.google.cloud.aiplatform.v1.GetCustomJobRequest;
import com.google.cloud.aiplatform.v1.JobServiceGrpc;
import com.google.cloud.aiplatform.v1.JobState;
import com.google.cloud.aiplatform.v1.ListCustomJobsRequest;
import com.google.cloud.aiplatform.v1.ListCustomJobsResponse;
import com.google.cloud.aiplatform.v1.WorkerPoolSpec;
import com.google.longrunning.Operation;
import com.google.protobuf.Empty;
import com.google.protobuf.util.Timestamps;
import com.google.rpc.Code;
import com.google.rpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;

/**
 * Custom jobs. One worker pool of one replica with a container; no Python packages, no other kinds of jobs. Thread safe.
 *
 * @see <a href="https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.customJobs">customJobs</a>
 */
final class CustomJobs extends JobServiceGrpc.JobServiceImplBase implements AutoCloseable {
    private static final String KIND = "CustomJob";
    private static final Pattern GCS = Pattern.compile("gs://[a-z0-9][a-z0-9._-]{1,220}[a-z0-9](/.*)?");
    private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

    private final Account account;
    private final Host host;
    private final Operations operations;
    private final Table<CustomJob> jobs;
    private final Map<String, CustomJobRun> running = new ConcurrentHashMap<>();
    private final ExecutorService threads = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work, "custom-job");
        thread.setDaemon(true);
        return thread;
    });

    CustomJobs(Account account, Host host, Operations operations) throws IOException {
        this.account = account;
        this.host = host;
        this.operations = operations;
        this.jobs = new Table<>(host.settings().home().resolve("customJobs"), CustomJob.getDefaultInstance());
        // Processes do not survive; the service would have said so of a machine that is gone.
        for (CustomJob job : jobs.all()) {
            if (!ended(job.getState())) {
                jobs.put(
                        job.getName(),
                        job.toBuilder()
                                .setState(
                                        job.getState() == JobState.JOB_STATE_CANCELLING
                                                ? JobState.JOB_STATE_CANCELLED
                                                : JobState.JOB_STATE_FAILED)
                                .setEndTime(Account.now())
                                .setUpdateTime(Account.now())
                                .setError(Status.newBuilder()
                                        .setCode(Code.INTERNAL_VALUE)
                                        .setMessage("Internal error occurred for the current attempt."
                                                + " (The emulator went down while the job ran.)"))
                                .build());
            }
        }
    }

    static boolean ended(JobState state) {
        return switch (state) {
            case JOB_STATE_SUCCEEDED,
                    JOB_STATE_FAILED,
                    JOB_STATE_CANCELLED,
                    JOB_STATE_EXPIRED,
                    JOB_STATE_PARTIALLY_SUCCEEDED -> true;
            default -> false;
        };
    }

    @Override
    public void createCustomJob(CreateCustomJobRequest request, StreamObserver<CustomJob> to) {
        Answers.answer(to, () -> create(request));
    }

    private CustomJob create(CreateCustomJobRequest request) {
        String parent = account.allow("aiplatform.customJobs.create", "parent", request.getParent());
        CustomJob asked = request.getCustomJob();
        Account.displayName("custom_job.display_name", asked.getDisplayName());
        Account.labels("custom_job.labels", asked.getLabelsMap());
        long cpus = check(asked.getJobSpec());
        CustomJob made;
        synchronized (this) {
            long used = jobs.all().stream()
                    .filter(j -> !ended(j.getState()))
                    .mapToLong(j -> cpus(j.getJobSpec()))
                    .sum();
            account.within("custom_model_training_cpus", used + cpus);
            made = asked.toBuilder()
                    .setName(parent + "/customJobs/"
                            + (1 + Math.abs(ThreadLocalRandom.current().nextLong() >> 2)))
                    .setState(JobState.JOB_STATE_PENDING)
                    .setCreateTime(Account.now())
                    .setUpdateTime(Account.now())
                    .clearError()
                    .clearStartTime()
                    .clearEndTime()
                    .build();
            jobs.put(made.getName(), made);
        }
        CustomJobRun run = new CustomJobRun(made.getName(), jobs, host);
        running.put(made.getName(), run);
        threads.execute(() -> {
            try {
                run.run();
            } finally {
                running.remove(made.getName(), run);
            }
        });
        return made;
    }

    private static long cpus(CustomJobSpec spec) {
        return Account.machine(
                "machine_type", spec.getWorkerPoolSpecs(0).getMachineSpec().getMachineType());
    }

    /** What the service refuses before it begins. Gives the CPUs that are asked for. */
    private static long check(CustomJobSpec spec) {
        if (spec.getWorkerPoolSpecsCount() == 0) {
            throw Refused.field(
                    "custom_job.job_spec.worker_pool_specs", "At least one worker pool should be specified.");
        }
        WorkerPoolSpec pool = spec.getWorkerPoolSpecs(0);
        if (spec.getWorkerPoolSpecsCount() > 1 || pool.getReplicaCount() > 1 || !pool.hasContainerSpec()) {
            throw Refused.notHere("A worker pool of more than one replica, or of Python packages,");
        }
        String field = "custom_job.job_spec.worker_pool_specs[0]";
        if (pool.getReplicaCount() < 1) {
            throw Refused.field(field + ".replica_count", "Replica count must be at least 1.");
        }
        ContainerSpec container = pool.getContainerSpec();
        if (container.getImageUri().isEmpty()) {
            throw Refused.field(field + ".container_spec.image_uri", "Image URI must be specified.");
        }
        for (EnvVar variable : container.getEnvList()) {
            if (!VARIABLE.matcher(variable.getName()).matches()) {
                throw Refused.field(
                        field + ".container_spec.env", "Invalid environment variable name: " + variable.getName());
            }
        }
        if (spec.hasBaseOutputDirectory()
                && !GCS.matcher(spec.getBaseOutputDirectory().getOutputUriPrefix())
                        .matches()) {
            throw Refused.field(
                    "custom_job.job_spec.base_output_directory.output_uri_prefix",
                    "Invalid Cloud Storage URI: "
                            + spec.getBaseOutputDirectory().getOutputUriPrefix());
        }
        return Account.machine(
                field + ".machine_spec.machine_type", pool.getMachineSpec().getMachineType());
    }

    @Override
    public void getCustomJob(GetCustomJobRequest request, StreamObserver<CustomJob> to) {
        Answers.answer(to, () -> find("aiplatform.customJobs.get", request.getName()));
    }

    private CustomJob find(String permission, String name) {
        return jobs.get(account.allow(permission, "name", name)).orElseThrow(() -> Refused.notFound(KIND, name));
    }

    @Override
    public void listCustomJobs(ListCustomJobsRequest request, StreamObserver<ListCustomJobsResponse> to) {
        Answers.answer(to, () -> {
            account.allow("aiplatform.customJobs.list", "parent", request.getParent());
            var filter = Filter.of(request.getFilter());
            List<CustomJob> found = jobs.all().stream()
                    .filter(j -> filter.test(
                            new Filter.Seen(j.getDisplayName(), j.getState().name(), j.getLabelsMap())))
                    .sorted(Comparator.comparing(CustomJob::getCreateTime, Timestamps.comparator())
                            .reversed()
                            .thenComparing(CustomJob::getName))
                    .toList();
            return Answers.page(
                    found,
                    request.getPageSize(),
                    request.getPageToken(),
                    (page, next) -> ListCustomJobsResponse.newBuilder()
                            .addAllCustomJobs(page)
                            .setNextPageToken(next)
                            .build());
        });
    }

    @Override
    public void cancelCustomJob(CancelCustomJobRequest request, StreamObserver<Empty> to) {
        Answers.answer(to, () -> {
            CustomJob job = find("aiplatform.customJobs.cancel", request.getName());
            if (ended(job.getState())) {
                throw Refused.precondition(
                        "Cannot cancel CustomJob \"" + request.getName() + "\" in state " + job.getState() + ".");
            }
            CustomJobRun run = running.get(job.getName());
            if (run != null) {
                run.cancel();
            }
            return Empty.getDefaultInstance();
        });
    }

    @Override
    public void deleteCustomJob(DeleteCustomJobRequest request, StreamObserver<Operation> to) {
        Answers.answer(to, () -> {
            CustomJob job = find("aiplatform.customJobs.delete", request.getName());
            if (!ended(job.getState())) {
                throw Refused.precondition("The CustomJob \"" + request.getName() + "\" is in state " + job.getState()
                        + " and cannot be deleted. Cancel it first.");
            }
            return operations.start(
                    account.parent(),
                    generic -> DeleteOperationMetadata.newBuilder()
                            .setGenericMetadata(generic)
                            .build(),
                    () -> {
                        jobs.delete(job.getName());
                        return Empty.getDefaultInstance();
                    });
        });
    }

    /** Interrupts all; their processes are ended by {@link dev.isobar.emulation.process.Children}. */
    @Override
    public void close() {
        threads.shutdownNow();
    }
}
