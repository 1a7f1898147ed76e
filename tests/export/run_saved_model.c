/* Loads a SavedModel by TensorFlow's C library and answers requests.

   run_saved_model FOLDER REQUESTS ANSWERS

   Both files are binary, in this machine's byte order; a string is its length
   (int64) and its bytes. REQUESTS: the number of requests (int64); for each the
   number of its inputs, for each input its tensor's name, dtype, rank,
   dimensions and content, then the number of outputs and their names.
   ANSWERS: for each request the status (int64) and its message; where it is 0,
   for each output dtype, rank, dimensions and content. The content of a tensor
   of strings is these strings, of any other the bytes as one string. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensorflow/c/c_api.h"
#include "tensorflow/c/tf_tstring.h"

enum { MOST = 16 };

static void require(int holds, const char *message) {
  if (!holds) {
    fprintf(stderr, "%s\n", message);
    exit(2);
  }
}

static int64_t get(FILE *file) {
  int64_t number;
  require(fread(&number, sizeof number, 1, file) == 1, "requests end early");
  return number;
}

static char *get_string(FILE *file, int64_t *length) {
  *length = get(file);
  char *text = calloc(*length + 1, 1);
  require(fread(text, 1, *length, file) == (size_t)*length,
          "requests end early");
  return text;
}

static void put(FILE *file, int64_t number) {
  fwrite(&number, sizeof number, 1, file);
}

static void put_string(FILE *file, const void *text, int64_t length) {
  put(file, length);
  fwrite(text, 1, length, file);
}

static TF_Output tensor_of(TF_Graph *graph, char *name) {
  char *colon = strrchr(name, ':');
  require(colon != NULL, name);
  *colon = 0;
  TF_Output output = {TF_GraphOperationByName(graph, name), atoi(colon + 1)};
  require(output.oper != NULL, name);
  return output;
}

static TF_Tensor *get_tensor(FILE *file) {
  TF_DataType dtype = (TF_DataType)get(file);
  int rank = (int)get(file);
  int64_t sizes[MOST], count = 1, length;
  for (int i = 0; i < rank; i++) count *= sizes[i] = get(file);
  if (dtype != TF_STRING) {
    char *bytes = get_string(file, &length);
    TF_Tensor *tensor = TF_AllocateTensor(dtype, sizes, rank, length);
    memcpy(TF_TensorData(tensor), bytes, length);
    free(bytes);
    return tensor;
  }
  TF_Tensor *tensor =
      TF_AllocateTensor(dtype, sizes, rank, count * sizeof(TF_TString));
  TF_TString *strings = TF_TensorData(tensor);
  for (int64_t i = 0; i < count; i++) {
    char *bytes = get_string(file, &length);
    TF_StringInit(&strings[i]);
    TF_StringCopy(&strings[i], bytes, length);
    free(bytes);
  }
  return tensor;
}

static void put_tensor(FILE *file, TF_Tensor *tensor) {
  put(file, TF_TensorType(tensor));
  put(file, TF_NumDims(tensor));
  for (int i = 0; i < TF_NumDims(tensor); i++) put(file, TF_Dim(tensor, i));
  if (TF_TensorType(tensor) != TF_STRING) {
    put_string(file, TF_TensorData(tensor), TF_TensorByteSize(tensor));
    return;
  }
  TF_TString *strings = TF_TensorData(tensor);
  for (int64_t i = 0; i < TF_TensorElementCount(tensor); i++)
    put_string(file, TF_StringGetDataPointer(&strings[i]),
               TF_StringGetSize(&strings[i]));
}

static void answer(TF_Session *session, TF_Graph *graph, FILE *in, FILE *out) {
  TF_Output feeds[MOST], fetches[MOST];
  TF_Tensor *given[MOST], *found[MOST];
  int64_t length, inputs = get(in);
  for (int i = 0; i < inputs; i++) {
    feeds[i] = tensor_of(graph, get_string(in, &length));
    given[i] = get_tensor(in);
  }
  int64_t outputs = get(in);
  for (int i = 0; i < outputs; i++)
    fetches[i] = tensor_of(graph, get_string(in, &length));
  TF_Status *status = TF_NewStatus();
  TF_SessionRun(session, NULL, feeds, given, inputs, fetches, found, outputs,
                NULL, 0, NULL, status);
  put(out, TF_GetCode(status));
  put_string(out, TF_Message(status), strlen(TF_Message(status)));
  for (int i = 0; TF_GetCode(status) == TF_OK && i < outputs; i++) {
    put_tensor(out, found[i]);
    TF_DeleteTensor(found[i]);
  }
  for (int i = 0; i < inputs; i++) TF_DeleteTensor(given[i]);
  TF_DeleteStatus(status);
}

int main(int argc, char **argv) {
  require(argc == 4, "run_saved_model FOLDER REQUESTS ANSWERS");
  const char *tags[] = {"serve"};
  TF_Status *status = TF_NewStatus();
  TF_Graph *graph = TF_NewGraph();
  TF_SessionOptions *options = TF_NewSessionOptions();
  TF_Session *session = TF_LoadSessionFromSavedModel(
      options, NULL, argv[1], tags, 1, graph, NULL, status);
  require(TF_GetCode(status) == TF_OK, TF_Message(status));
  FILE *in = fopen(argv[2], "rb"), *out = fopen(argv[3], "wb");
  require(in != NULL && out != NULL, "the files can't be opened");
  for (int64_t left = get(in); left > 0; left--) {
    answer(session, graph, in, out);
    fflush(out);
  }
  return fclose(out);
}
