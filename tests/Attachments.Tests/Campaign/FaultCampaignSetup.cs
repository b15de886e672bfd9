using Microsoft.Extensions.Logging.Abstractions;
using OrthancCloudFs.Attachments.Journal;
using OrthancCloudFs.Attachments.Tests.Store;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.TestKit.Chaos;

namespace OrthancCloudFs.Attachments.Tests.Campaign;

/// <summary>How long, how many, how slow; and which store.</summary>
internal sealed record FaultCampaignSetup
{
    public const int Clients = 32;

    public required int Operations { get; init; }

    public required int Seed { get; init; }

    /// <summary>What the bucket and the retries wait otherwise; so short that the stalls are what takes time.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    /// <summary>How long a stall of the bucket lasts; the store's own patience is a multiple of it.</summary>
    public required TimeSpan Stall { get; init; }

    /// <summary>Closings and openings of the store in the middle of it all.</summary>
    public required int Restarts { get; init; }

    /// <summary>Stores are acknowledged by a journal; otherwise by the bucket.</summary>
    public required bool Journal { get; init; }

    /// <summary>
    /// Of the journal: some of the largest attachments fit, and often it is full.
    /// </summary>
    public static UploadJournalOptions JournalOptions { get; } = new() { Accepts = true, MaxBytes = 8 << 20 };

    /// <summary>Of the store; the campaign sets the times and sizes that it needs on top.</summary>
    public AttachmentStoreOptions Options { get; init; } = new();

    /// <summary>A store like the program's, retries and turns included, over a bucket of chaos with little memory.</summary>
    public StoreHarness Open(out ChaosBucket chaos)
    {
        ChaosBucket? made = null;
        var harness = new StoreHarness(new StoreSetup
        {
            Memory = 8 << 20,
            KeysPerDelete = 1000,
            Journal = Journal ? JournalOptions : null,
            Options = Options with
            {
                DeletePatience = Pause * 10,
                GrowthPatience = TimeSpan.FromSeconds(1) + (Stall * 2),
                OutcomePatience = Stall * 2,
                WriterShareDivisor = 16,
                PartBytes = 128 << 10,
                LargestWrite = 64 << 10,
            },
            Wrap = faults => new AdaptiveBucket(
                new MeteredBucket(made = new ChaosBucket(faults, Seed, Stall, Pause)), maxRequests: 25, NullLogger<AdaptiveBucket>.Instance),
            Retry = attempts => new RetryingBucket(
                attempts,
                new RetryOptions { MaxRetries = 3, BaseDelay = Pause, MaxDelay = Pause * 20, TotalTimeout = Stall * 2.5 },
                NullLogger<RetryingBucket>.Instance),
        });
        chaos = made!;
        return harness;
    }
}
