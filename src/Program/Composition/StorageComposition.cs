using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using OrthancCloudFs.Attachments;
using OrthancCloudFs.Attachments.Deletes;
using OrthancCloudFs.Attachments.Health;
using OrthancCloudFs.Attachments.Journal;
using OrthancCloudFs.Attachments.Layout;
using OrthancCloudFs.Attachments.Staging;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.Configuration;
using OrthancCloudFs.Envelope;
using OrthancCloudFs.Envelope.Ciphers;
using OrthancCloudFs.Envelope.Keys;
using OrthancCloudFs.Program.Kernel;

namespace OrthancCloudFs.Program.Composition;

/// <summary>What the storage is opened for.</summary>
internal enum StorageUse
{
    /// <summary>Only to read: remembered deletes are left to whoever writes.</summary>
    Reading,

    /// <summary>To read and write.</summary>
    Writing,
}

/// <summary>The parts of the storage put together as the configuration says: bucket, envelope, staging, store.</summary>
internal sealed class StorageComposition : IAsyncDisposable
{
    private const string UploadsFolder = "uploads";

    private readonly MasterKeyRing? _keys;
    private readonly ObjectForm _form;
    private readonly StagingMemory _memory;
    private readonly PendingDeletes _pendingDeletes;
    private readonly UploadJournal? _journal;

    private StorageComposition(
        CloudFsSettings settings, IReadOnlyList<string> warnings, ILoggerFactory loggers, StorageUse use, KernelAdapter? kernel)
    {
        Settings = settings;
        Bucket = BucketComposition.Create(settings, loggers);
        (Envelope, _keys, CipherName, List<string> keyWarnings) = EnvelopeComposition.Create(settings.Encryption);
        Warnings = [.. warnings, .. keyWarnings];
        ILogger logger = loggers.CreateLogger("OrthancCloudFs.Attachments");
        _form = new ObjectForm(Envelope, settings.AllowPlainObjects);
        Layout = settings.Provider.Layout.Structure == StorageStructure.Legacy
            ? new LegacyLayout(settings.Provider.Layout.RootPath)
            : new FlatLayout(settings.Provider.Layout.RootPath, settings.Encryption.Enabled);
        _memory = new StagingMemory(settings.StagingMemoryBytes - (kernel?.BufferBytes ?? 0));
        bool conditionalPut = (settings.Provider as S3Settings)?.IfNoneMatch ?? true;
        if (use == StorageUse.Writing)
        {
            string directory = JournalDirectoryOf(settings);
            _pendingDeletes = PendingDeletes.OpenIdle(directory, Bucket.SingleAttempts, Envelope.HeaderLength, logger);
            _journal = OpenJournal(directory, conditionalPut, logger);
            Warnings = [.. Warnings, .. WarningsOfOtherJournals(directory)];
            _pendingDeletes.Start();
            Bucket.Metered.Health.Recovered += (_, _) => _pendingDeletes.RetryNow();
            Bucket.Metered.Health.Recovered += (_, _) => _journal.RetryNow();
        }
        else
        {
            _pendingDeletes = PendingDeletes.None(Bucket.SingleAttempts, logger);
        }

        Health = new StorageHealth(Bucket.Metered.Health, _pendingDeletes, _journal);
        var options = new AttachmentStoreOptions
        {
            ConditionalPut = conditionalPut,
            MayCloseUnheard = kernel?.MayCloseUnheard ?? false,
            MostConcurrentInput = settings.Encryption.MaxConcurrentInputBytes,
        };
        if (settings.Provider is S3Settings { Parts: { } parts })
            options = options with { PartBytes = parts.Bytes, PartsInParallel = parts.Parallel };
        Store = new AttachmentStore(Bucket.Retrying, Layout, _form, _memory, _pendingDeletes, options, logger, _journal);
    }

    public CloudFsSettings Settings { get; }

    /// <summary>One line each, of configuration and keys.</summary>
    public IReadOnlyList<string> Warnings { get; }

    public BucketComposition Bucket { get; }

    public IEnvelope Envelope { get; }

    /// <summary>The cipher back end, or "none".</summary>
    public string CipherName { get; }

    public KeyLayout Layout { get; }

    public AttachmentStore Store { get; }

    public StorageHealth Health { get; }

    /// <summary>Opens the storage of a configuration, with logging to standard error; warnings are printed there.</summary>
    public static StorageComposition Open(string configurationPath, StorageUse use)
    {
        ConfigurationResult configuration = OrthancConfigurationReader.Read(configurationPath);
        ILoggerFactory loggers = LoggingComposition.Create(configuration.Settings.Logging, LogLevel.Warning);
        StorageComposition storage = Create(configuration, loggers, use, kernel: null);
        foreach (string warning in storage.Warnings)
            Console.Error.WriteLine($"warning: {warning}");
        return storage;
    }

    /// <summary>A probe with the retries of any request.</summary>
    public BucketProbe CreateProbe() => new(Bucket.Retrying, Layout, _form);

    /// <summary>A probe whose first failure counts.</summary>
    public BucketProbe CreateSingleAttemptProbe() => new(Bucket.SingleAttempts, Layout, _form);

    /// <summary>Puts the storage together.</summary>
    /// <param name="configuration">What was read.</param>
    /// <param name="loggers">Where the parts log.</param>
    /// <param name="use">What for.</param>
    /// <param name="kernel">What it is mounted by; null when it is not.</param>
    public static StorageComposition Create(
        ConfigurationResult configuration, ILoggerFactory loggers, StorageUse use, KernelAdapter? kernel) =>
        new(configuration.Settings, configuration.Warnings, loggers, use, kernel);

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync().ConfigureAwait(false);
        if (_journal is not null)
            await _journal.DisposeAsync().ConfigureAwait(false);
        await _pendingDeletes.DisposeAsync().ConfigureAwait(false);
        _memory.Dispose();
        await Bucket.DisposeAsync().ConfigureAwait(false);
        _keys?.Dispose();
    }

    /// <summary>Each bucket and root path has a folder of its own, so that a changed configuration never deletes, or uploads, elsewhere.</summary>
    private static string JournalDirectoryOf(CloudFsSettings settings)
    {
        string identity = Providers.IdentityOf(settings.Provider);
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{identity}\n{settings.Provider.Layout.RootPath}"));
        string name = Convert.ToHexStringLower(hash)[..16];
        string directory = Path.Combine(settings.StateDirectory, "journal", name);
        MoveFromFormerPlace(Path.Combine(settings.StateDirectory, "pending-deletes", name), directory);
        return directory;
    }

    /// <summary>Earlier versions kept the log of deletes alone, under another name.</summary>
    private static void MoveFromFormerPlace(string former, string directory)
    {
        if (!Directory.Exists(former) || Directory.Exists(directory))
            return;
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(Path.GetDirectoryName(directory)!);
        else
            Directory.CreateDirectory(Path.GetDirectoryName(directory)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.Move(former, directory);
    }

    /// <summary>What was acknowledged for a bucket that the configuration does not name any more must not be forgotten.</summary>
    private static IEnumerable<string> WarningsOfOtherJournals(string own)
    {
        foreach (string other in Directory.EnumerateDirectories(Path.GetDirectoryName(own)!).Where(other => other != own))
        {
            string uploads = Path.Combine(other, UploadsFolder);
            int count = Directory.Exists(uploads) ? Directory.EnumerateFiles(uploads, "*.object").Count() : 0;
            if (count > 0)
                yield return $"{uploads} holds {count} attachments of another bucket or root path that are not uploaded: mount that once more";
        }
    }

    private UploadJournal OpenJournal(string directory, bool conditionalPut, ILogger logger)
    {
        var options = new UploadJournalOptions
        {
            Accepts = Settings.WriteMode == WriteMode.Journal,
            MaxBytes = Settings.JournalMaxBytes,
            ConditionalPut = conditionalPut,
        };
        var targets = new UploadTargets(Bucket.Retrying, Bucket.SingleAttempts, _pendingDeletes, Envelope.HeaderLength);

        // A composition is made once, before anything runs that could wait for this thread.
        return UploadJournal.OpenAsync(Path.Combine(directory, UploadsFolder), options, targets, logger).GetAwaiter().GetResult();
    }
}
