using System.CommandLine;
using Microsoft.Extensions.Logging;
using OrthancCloudFs.Attachments;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.Configuration;
using OrthancCloudFs.Envelope;
using OrthancCloudFs.Envelope.Ciphers;
using OrthancCloudFs.Envelope.Keys;
using OrthancCloudFs.Program.Composition;

namespace OrthancCloudFs.Program.Commands;

/// <summary><c>check --config PATH</c>.</summary>
internal static class CheckCommand
{
    public static Command Create()
    {
        Option<string> config = CommandRunner.ConfigOption();
        var command = new Command("check", """
            Tries everything that a mount needs, without mounting: configuration, keys, rights in the bucket, the kernel.

            Prints one line for each, beginning with ok, warning or FAILED. The exit code is that of the first failure.
            """) { config };
        command.SetBody(async (parsed, cancellationToken) =>
        {
            var report = new Report();
            ConfigurationResult? configuration = report.Try(
                ExitCode.Configuration, "configuration", () => OrthancConfigurationReader.Read(parsed.GetValue(config)!), read => DescribeSettings(read.Settings));
            if (configuration is null)
                return report.FirstFailure;
            foreach (string warning in configuration.Warnings.Concat(OrthancAdvice(configuration.Settings)))
                Report.Warn(warning);
            await CheckStorageAsync(configuration, report, cancellationToken).ConfigureAwait(false);
            KernelCheck.Run(configuration.Settings, report);
            return report.FirstFailure;
        });
        return command;
    }

    private static async Task CheckStorageAsync(ConfigurationResult configuration, Report report, CancellationToken cancellationToken)
    {
        using ILoggerFactory loggers = LoggingComposition.Create(configuration.Settings.Logging, LogLevel.Critical);
        StorageComposition? storage = report.Try(
            ExitCode.Keys,
            "keys",
            () => StorageComposition.Create(configuration with { Warnings = [] }, loggers, StorageUse.Reading, kernel: null),
            opened => DescribeKeys(configuration.Settings.Encryption, opened.CipherName));
        if (storage is null)
            return;
        await using (storage.ConfigureAwait(false))
        {
            foreach (string warning in storage.Warnings)
                Report.Warn(warning);
            BucketProbe probe = storage.CreateProbe();
            string bucket = storage.Bucket.Metered.Description;
            if (storage.Bucket.MayBeMade && await IsMissingAsync(probe, cancellationToken).ConfigureAwait(false))
            {
                Report.Warn($"bucket: {bucket} does not exist; mount makes it");
                return;
            }

            await report.TryAsync(ExitCode.Bucket, "bucket list", () => probe.ListAsync(cancellationToken), bucket).ConfigureAwait(false);
            await report.TryAsync(ExitCode.Bucket, "bucket put, get, delete", () => probe.PutGetDeleteAsync(cancellationToken), bucket)
                .ConfigureAwait(false);
        }
    }

    private static async Task<bool> IsMissingAsync(BucketProbe probe, CancellationToken cancellationToken)
    {
        try
        {
            await probe.ListAsync(cancellationToken).ConfigureAwait(false);
            return false;
        }
        catch (BucketException e)
        {
            return e.Kind == BucketErrorKind.NoSuchBucket; // anything else is tried, and told, again
        }
    }

    private static string DescribeSettings(CloudFsSettings settings) =>
        $"mount point {settings.MountPoint}, layout {settings.Provider.Layout.Structure.ToString().ToLowerInvariant()}, "
        + $"staging {settings.StagingMemoryBytes >> 20} MB";

    private static string DescribeKeys(EncryptionSettings settings, string cipher) => settings.Enabled
        ? $"master key {settings.MasterKey.Id} and {settings.PreviousMasterKeys.Count} previous, cipher {cipher}"
        : "none: attachments are stored in plain";

    /// <summary>What in Orthanc's own configuration deserves a word.</summary>
    private static IEnumerable<string> OrthancAdvice(CloudFsSettings settings)
    {
        if (settings.Orthanc.SyncStorageArea)
            yield break;
        yield return OperatingSystem.IsWindows()
            ? "\"SyncStorageArea\" is false: Orthanc never learns of a failed store, since closing a file carries no error on Windows; every image "
                + "then goes through the journal on local disk first. Set it to true"
            : "\"SyncStorageArea\" is false: Orthanc learns of a failed store only from close; true is safer, and costs nothing here";
    }

    /// <summary>One line for each thing tried.</summary>
    internal sealed class Report
    {
        /// <summary>The exit code of the first failure; success without one.</summary>
        public int FirstFailure { get; private set; } = ExitCode.Success;

        public static void Warn(string line) => Console.WriteLine($"warning  {CommandRunner.OneLine(line)}");

        public static void Pass(string what, string detail) => Console.WriteLine($"ok       {what}: {CommandRunner.OneLine(detail)}");

        public void Fail(int exitCode, string what, string reason)
        {
            Console.WriteLine($"FAILED   {what}: {CommandRunner.OneLine(reason)}");
            if (FirstFailure == ExitCode.Success)
                FirstFailure = exitCode;
        }

        public T? Try<T>(int exitCode, string what, Func<T> action, Func<T, string> describe)
            where T : class
        {
            try
            {
                T result = action();
                Pass(what, describe(result));
                return result;
            }
            catch (Exception e) when (IsExpected(e))
            {
                Fail(exitCode, what, e.Message);
                return null;
            }
        }

        public async Task TryAsync(int exitCode, string what, Func<Task> action, string detail)
        {
            try
            {
                await action().ConfigureAwait(false);
                Pass(what, detail);
            }
            catch (Exception e) when (IsExpected(e))
            {
                Fail(exitCode, what, e.Message);
            }
        }

        private static bool IsExpected(Exception e) =>
            e is ConfigurationException or MasterKeyException or BucketException or IOException or UnauthorizedAccessException;
    }
}
