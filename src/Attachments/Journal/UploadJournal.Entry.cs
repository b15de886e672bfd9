using OrthancCloudFs.Attachments.Deletes;

namespace OrthancCloudFs.Attachments.Journal;

/// <summary>What is known of one object while the program runs.</summary>
public sealed partial class UploadJournal
{
    /// <summary>One object in the journal; guarded by the journal's lock.</summary>
    private sealed class Entry(PendingUpload upload, bool mayBeSent)
    {
        public PendingUpload Upload => upload;

        /// <summary>A request that stores it was begun, perhaps by an earlier process.</summary>
        public bool MayBeSent { get; set; } = mayBeSent;

        /// <summary>It was deleted.</summary>
        public bool IsCancelled { get; set; }

        /// <summary>The bucket has it; only its record must still be taken back.</summary>
        public bool IsDone { get; set; }

        /// <summary>Why it cannot be uploaded without somebody's doing; null while it can.</summary>
        public string? Fault { get; set; }

        /// <summary>Not to be tried before.</summary>
        public DateTimeOffset Due { get; set; } = DateTimeOffset.MinValue;

        /// <summary>When the bucket refused it last.</summary>
        public DateTimeOffset RefusedAt { get; set; } = DateTimeOffset.MinValue;

        /// <summary>How long it waited after that, while the bucket took others.</summary>
        public TimeSpan Delay { get; set; }

        /// <summary>An upload in parts that failed, or is not wanted any more, and must be dropped before the next one.</summary>
        public PendingDelete? Unfinished { get; set; }

        public Task Running { get; set; } = Task.CompletedTask;

        public CancellationTokenSource Stop { get; } = new();
    }
}
