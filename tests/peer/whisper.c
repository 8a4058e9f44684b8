/* The scribe's peer: whisper.cpp as its own command-line program runs it with `-bs 1 -bo 1 -nf -nt`, on files that it is
 * given one after the other. The crate that we use carries whisper.cpp's library but not that program, so this one stands
 * in for it: the same library, the same calls, nothing around them.
 *
 *   whisper-peer MODEL LANGUAGE THREADS FLASH DTW FILE...
 *
 * FILE: 16 kHz, mono, 32-bit floats as they lie in memory. Prints a line of text for each, then the seconds that all of
 * them took, without loading the model.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "whisper.h"

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double) time.tv_sec + (double) time.tv_nsec / 1e9;
}

static void quiet(enum ggml_log_level level, const char *text, void *user) {
    (void) level; (void) text; (void) user;
}

static float *read_samples(const char *name, size_t *count) {
    FILE *file = fopen(name, "rb");
    if (file == NULL) { perror(name); exit(1); }
    fseek(file, 0, SEEK_END);
    long bytes = ftell(file);
    rewind(file);
    *count = (size_t) bytes / sizeof(float);
    /* As the scribe does: whisper.cpp is unreliable below a second. */
    size_t room = *count < WHISPER_SAMPLE_RATE ? WHISPER_SAMPLE_RATE : *count;
    float *samples = calloc(room, sizeof(float));
    if (samples == NULL || fread(samples, sizeof(float), *count, file) != *count) {
        fprintf(stderr, "%s can not be read\n", name);
        exit(1);
    }
    fclose(file);
    *count = room;
    return samples;
}

int main(int argc, char **argv) {
    if (argc < 7) {
        fprintf(stderr, "usage: whisper-peer MODEL LANGUAGE THREADS FLASH DTW FILE...\n");
        return 2;
    }
    whisper_log_set(quiet, NULL);
    struct whisper_context_params how = whisper_context_default_params();
    how.use_gpu = false;
    how.flash_attn = atoi(argv[4]) != 0;
    if (atoi(argv[5]) != 0) {
        how.dtw_token_timestamps = true;
        how.dtw_aheads_preset = WHISPER_AHEADS_N_TOP_MOST;
        how.dtw_n_top = 2;
    }
    struct whisper_context *context = whisper_init_from_file_with_params(argv[1], how);
    if (context == NULL) {
        fprintf(stderr, "%s can not be loaded\n", argv[1]);
        return 1;
    }
    struct whisper_full_params asked = whisper_full_default_params(WHISPER_SAMPLING_GREEDY);
    asked.n_threads = atoi(argv[3]);
    asked.language = argv[2];
    asked.greedy.best_of = 1;
    asked.temperature_inc = 0.0f;
    asked.no_context = true;
    asked.no_timestamps = true;
    asked.single_segment = true;
    asked.print_progress = false;
    asked.print_realtime = false;
    asked.print_timestamps = false;
    double took = 0;
    for (int at = 6; at < argc; at++) {
        size_t count = 0;
        float *samples = read_samples(argv[at], &count);
        double began = now();
        if (whisper_full(context, asked, samples, (int) count) != 0) {
            fprintf(stderr, "%s can not be transcribed\n", argv[at]);
            return 1;
        }
        took += now() - began;
        for (int segment = 0; segment < whisper_full_n_segments(context); segment++) {
            fputs(whisper_full_get_segment_text(context, segment), stdout);
        }
        putchar('\n');
        free(samples);
    }
    printf("%.6f\n", took);
    whisper_free(context);
    return 0;
}
